"""How calls reach the service: options of the gRPC server, and TLS."""
