"""The cursor of an interrupted read of the account list, kept in a file."""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Self

from suppression_service.config import SettingsError


@dataclasses.dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the list of one account.

    ``until`` is when the read began; the next read takes later entries. ``token`` is
    SES's token of the next page. ``read`` counts the entries read so far.
    """

    account: str
    region: str
    since: dt.datetime | None
    until: dt.datetime
    token: str = ""
    read: int = 0

    def is_of(self, other: "Cursor") -> bool:
        """Whether both cursors have the same account, region and first day."""
        return (self.account, self.region, self.since) == (
            other.account,
            other.region,
            other.since,
        )

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Return the cursor in a file; None without a file.

        Raises:
            SettingsError: the file holds something else, or cannot be read.
        """
        try:
            fields = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise SettingsError(f"{path} cannot be read; name another with --state") from None
        try:
            since = fields.pop("since")
            return cls(
                since=dt.datetime.fromisoformat(since) if since else None,
                until=dt.datetime.fromisoformat(fields.pop("until")),
                **fields,
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            raise SettingsError(f"{path} holds something else; name another") from None

    def save(self, path: Path) -> None:
        """Write the file atomically. Only its owner may read it, because tokens are secret.

        Raises:
            SettingsError: it cannot be written.
        """
        fields = dataclasses.asdict(self)
        fields["since"] = self.since.isoformat() if self.since else None
        fields["until"] = self.until.isoformat()
        beside = path.with_name(f"{path.name}.new")
        try:
            beside.touch(mode=0o600)
            beside.write_text(json.dumps(fields))
            beside.replace(path)
        except OSError as error:
            raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
