"""AWS as the rest of ingest uses it: sessions, clients, queues and failures."""
