"""``python -m service`` is the ``suppression-service`` command."""

from service.commands import main

if __name__ == "__main__":
    main()
