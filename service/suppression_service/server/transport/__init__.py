"""How calls reach the service: gRPC by grpcio, with TLS."""
