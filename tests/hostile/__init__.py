"""Attacks on the ports of this machine's own servers, and what they cost both sides."""
