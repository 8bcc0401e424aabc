"""Metrics: the port that shows them, the sum over processes, the expiry of certificates."""
