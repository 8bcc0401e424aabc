"""The whole system on one machine, for trying it out and for the tests."""
