"""The gRPC server: from its command line to the answer of each call."""
