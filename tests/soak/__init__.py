"""Feedback in disorder, by every way at once, with processes killed in between."""
