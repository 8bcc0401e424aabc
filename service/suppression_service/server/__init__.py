"""The gRPC server: its processes, its calls, and the list in memory."""
