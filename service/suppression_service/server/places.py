"""Places for calls that wait, so that there is an end to how many do."""

from suppression_service.server.errors import TooManyCalls


class Places:
    """How many calls may wait at a time; the next one is turned away at once."""

    def __init__(self, limit: int) -> None:
        self._free = limit

    def __enter__(self) -> None:
        if not self._free:
            raise TooManyCalls("CALLS_UNDER_WAY", "too many calls of this kind are under way")
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1
