"""Saved messages, fed through the pipeline."""
