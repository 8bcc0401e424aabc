"""Ways of running the whole system."""
