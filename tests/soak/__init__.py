"""Soak tests: feedback in random order through queue and webhook, with kill -9."""
