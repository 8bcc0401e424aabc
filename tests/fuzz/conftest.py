"""Fuzz tests: random and broken input to real processes over real sockets."""
