"""`make reset`: delete what `make up` has stored."""

import shutil
import sys

from deploy.local.folder import FolderInUse, locked
from deploy.local.settings import BadSetting, LocalSettings


def main() -> int:
    """Delete the folder, unless a `make up` runs in it; return the exit status."""
    try:
        folder = LocalSettings.read().folder
        with locked(folder):
            shutil.rmtree(folder)
    except BadSetting as error:
        print(f"make reset: {error}", file=sys.stderr)
        return 2
    except FolderInUse:
        print(f"make reset: 'make up' runs in {folder}; stop it first", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
