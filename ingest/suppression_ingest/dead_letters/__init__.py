"""What the worker gave up: why, and where it may go from there."""
