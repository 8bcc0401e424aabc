"""Authentication and authorisation: which token permits which call.

Callers send a bearer token. The server has only the hashes of tokens, in a file with one
token a line: name, role, SHA-256 in hex. Several lines may have the same name, so that
a new token can be handed out before the old one is removed. The file is read again when
it changes. If it cannot be read, or others may write to it, the tokens stay as they were.

Tokens are 32 random bytes, which nobody can guess. So a fast hash is as safe as a slow one.
"""

import dataclasses
import enum
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import structlog

from suppression_service.config import SettingsError

_log = structlog.get_logger()


class Role(enum.IntEnum):
    """What a token permits; each role includes those before it."""

    CHECK = 1
    READ = 2
    WRITE = 3
    ADMIN = 4


_LINE = re.compile(
    r"(?P<name>[\w.-]{1,64})\s+(?P<role>check|read|write|admin)\s+(?P<hash>[0-9a-f]{64})"
)
_PREFIX: Final = "sup_"
# The owner of files that Kubernetes and configuration tools put there.
_ROOT: Final = 0


class BadTokenFile(SettingsError):
    """The file of tokens cannot be used; the message says which line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A line of the file: the name, the role and the hash of a token."""

    name: str
    role: Role
    hash: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line.

        Raises:
            BadTokenFile: it is not NAME ROLE HASH; the message does not repeat it.
        """
        if not (found := _LINE.fullmatch(line.strip())):
            raise BadTokenFile("not NAME check|read|write|admin HASH")
        return cls(found["name"], Role[found["role"].upper()], bytes.fromhex(found["hash"]))

    def __str__(self) -> str:
        return f"{self.name} {self.role.name.lower()} {self.hash.hex()}"


def new_token(name: str, role: Role) -> tuple[str, Token]:
    """Make a token; return its text, which is stored nowhere, and its line for the file.

    Raises:
        BadTokenFile: the name has characters that a line cannot have.
    """
    text = _PREFIX + secrets.token_urlsafe(32)
    return text, Token.parse(f"{name} {role.name.lower()} {_hash(text).hex()}")


def append_token(path: Path, token: Token) -> None:
    """Add a token's line to a file, which only its owner may read.

    Raises:
        BadTokenFile: the file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{token}\n")
    except OSError as error:
        raise BadTokenFile(f"{path}: {error.strerror}") from None


class TokenFile:
    """The tokens in a file.

    Args:
        path: the file.

    Raises:
        BadTokenFile: the file cannot be read, others may write to it, or a line is invalid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()
        self._tokens = _read(path)

    def find(self, text: str) -> Token | None:
        """Return the token with this text; None if there is none.

        Every line is compared, each in constant time, so that the time taken reveals
        nothing about the file.
        """
        wanted, found = _hash(text), None
        for token in self._tokens:
            if hmac.compare_digest(token.hash, wanted):
                found = token
        return found

    def refresh(self) -> None:
        """Read the file again if it has changed."""
        if (stamp := self._stamp()) == self._seen:
            return
        self._seen = stamp
        try:
            self._tokens = _read(self._path)
        except BadTokenFile as error:
            _log.error("token file unusable; keeping the tokens as they were", error=str(error))
        else:
            _log.info("tokens read again", tokens=len(self._tokens))

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        # Mode and owner too: a file that others may write to is read once they may not.
        return (
            status.st_mtime_ns,
            status.st_size,
            status.st_ino,
            status.st_mode,
            status.st_uid,
        )


def _read(path: Path) -> Sequence[Token]:
    try:
        with path.open(encoding="utf-8") as file:
            _require_safe(path, os.fstat(file.fileno()))
            lines = file.read().splitlines()
    except OSError as error:
        raise BadTokenFile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadTokenFile(f"{path} cannot be read: it is no text in UTF-8") from None
    tokens = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                tokens.append(Token.parse(line))
            except BadTokenFile as error:
                raise BadTokenFile(f"{path}, line {number}: {error}") from None
    return tokens


def _require_safe(path: Path, status: os.stat_result) -> None:
    """Refuse a file to which others could add a token: whoever may write it may do everything.

    Another owner is only logged: in a container the owner of a mounted file is a user of the
    host, who can change everything anyway.
    """
    if status.st_uid not in (os.geteuid(), _ROOT):
        _log.warning("the token file belongs to another user, who can add tokens", file=str(path))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BadTokenFile(f"others can write to {path} and add a token; 'chmod go-w' it")


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
