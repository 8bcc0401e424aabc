"""``python -m suppression.cli``."""

from . import main

main()
