"""Callers of calls that no transport brings, for unit tests of the service."""

from suppression_service.server.caller import Caller


class FakeCaller(Caller):
    """A caller with the metadata, the time and the token's name that a test gives it."""

    def __init__(
        self, remaining: float | None = None, *, token_name: str = "", **metadata: str
    ) -> None:
        super().__init__()
        self.token_name = token_name
        self.remaining = remaining
        self.given = {name.replace("_", "-"): value for name, value in metadata.items()}
        #: How often metadata were read.
        self.reads = 0

    def metadata(self, name: str) -> str:
        self.reads += 1
        return self.given.get(name, "")

    def time_remaining(self) -> float | None:
        return self.remaining

    @property
    def peer(self) -> str:
        return "192.0.2.1"
