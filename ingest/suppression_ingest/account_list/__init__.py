"""SES's account-level suppression list, synchronised with our list."""
