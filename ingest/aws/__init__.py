"""The wiring in AWS: created (provision), checked (doctor), compared with (reconcile)."""
