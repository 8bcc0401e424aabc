"""The service that answers, before each send, whether an address may be mailed."""
