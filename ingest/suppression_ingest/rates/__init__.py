"""Bounce and complaint rates: computed, shown, and published to CloudWatch."""
