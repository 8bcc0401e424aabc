"""Dead letters: why they were refused, and how to redrive or export them."""
