"""A console in front of a real server with a list, as processes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from playwright.sync_api import Page

from suppression import Reason, SuppressionClient, WhenUnavailable
from tests.support import sample_list
from tests.support.processes import BIN, Processes, run

#: Seconds.
_TIMEOUT: Final = 60.0
ROLES: Final = ("check", "read", "write", "admin")


@dataclass(frozen=True, slots=True)
class ConsoleSystem:
    """A server with tokens, and a console.

    Attributes:
        url: of the console, without a slash at its end.
        server: HOST:PORT.
        tokens: by role.
    """

    url: str
    server: str
    tokens: dict[str, str]

    @classmethod
    def start(cls, processes: Processes, folder: Path, *, days: int) -> Self:
        """Start both, with a list that was made in some days."""
        environment = {
            "SUPPRESSION_DATABASE_URL": f"sqlite:///{folder / 'list.db'}",
            "SUPPRESSION_SNAPSHOT_DIRECTORY": str(folder / "snapshots"),
            "SUPPRESSION_TOKEN_FILE": str(folder / "tokens"),
            "SUPPRESSION_LISTEN": "127.0.0.1:0",
            "SUPPRESSION_CONSOLE_LISTEN": "127.0.0.1:0",
            "SUPPRESSION_DEDUPLICATION_DAYS": "30",
        }
        tokens = {role: _token(role, folder) for role in ROLES}
        _done([BIN / "suppression-service", "migrate"], environment)
        events = folder / "events.jsonl"
        sample_list.write(events, days=days)
        _done([BIN / "suppression-ingest", "replay", events], environment)
        service = processes.start("service", [BIN / "suppression-service", "serve"], environment)
        server = service.line(r"listens on (\S+)")[1]
        service.line("answering calls")
        environment["SUPPRESSION_SERVER"] = server
        console = processes.start("console", [BIN / "suppression-console", "serve"], environment)
        system = cls(console.line(r"page=(\S+)/")[1], server, tokens)
        system._tell_the_story()
        return system

    def client(self) -> SuppressionClient:
        """Return a client of the server that may do everything."""
        return SuppressionClient(
            self.server,
            when_unavailable=WhenUnavailable.RAISE,
            token=self.tokens["admin"],
            check_timeout=_TIMEOUT,
            timeout=_TIMEOUT,
        )

    def sign_in(self, page: Page, role: str = "admin") -> None:
        """Sign in with the form."""
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("Token").fill(self.tokens[role])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/")

    def _tell_the_story(self) -> None:
        address = sample_list.STORY
        with self.client() as client:
            why = "Clicked by mistake, ticket 4711"
            client.unsuppress(address, reason=Reason.COMPLAINT, source="support", detail=why)
            client.suppress(
                address,
                Reason.UNSUBSCRIBE,
                stream="newsletter",
                source="preferences",
                detail="Left by the link in a mail",
            )


def _token(role: str, folder: Path) -> str:
    command: list[str | Path] = [BIN / "suppression-service", "token", "new", f"{role}-team"]
    return _done([*command, "--role", role, "--file", folder / "tokens"], {}).split()[0]


def _done(command: list[str | Path], environment: dict[str, str]) -> str:
    done = run(command, environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
