"""Replaying saved messages through the pipeline."""
