"""What several test modules use: real processes, peers and stand-ins."""
