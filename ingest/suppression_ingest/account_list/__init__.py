"""The suppression lists of SES, of accounts and of tenants, synchronised with our list."""
