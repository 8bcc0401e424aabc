"""The list in memory: what each worker answers checks from."""
