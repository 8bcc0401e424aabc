"""``python -m suppression_service`` is the ``suppression-service`` command."""

from suppression_service.cli import main

if __name__ == "__main__":
    main()
