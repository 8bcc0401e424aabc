"""The ``suppression`` command: the client in a shell.

Exit status: 0 done, and for ``check`` every address may be mailed; 1 ``check`` found an
address that may not be mailed; 2 wrong usage, settings or arguments; 3 the service is
unavailable.
"""

import sys


def main() -> None:
    """Run the command."""
    try:
        from .commands import app
    except ModuleNotFoundError:
        sys.stderr.write("suppression: the command needs: pip install 'suppression-client[cli]'\n")
        raise SystemExit(2) from None
    app()
