"""Fuzzing: what strangers may send, to real processes over real sockets."""
