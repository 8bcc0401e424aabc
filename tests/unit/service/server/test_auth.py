import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from suppression_service.server import auth
from suppression_service.server.auth import (
    BadTokenFile,
    Role,
    Token,
    TokenFile,
    append_token,
    new_token,
)


def file_of(path: Path, *tokens: Token) -> TokenFile:
    path.write_text("".join(f"{token}\n" for token in tokens))
    return TokenFile(path)


def test_a_token_is_known_by_the_line_that_was_made_with_it(tmp_path: Path) -> None:
    text, token = new_token("newsletter", Role.CHECK)
    assert file_of(tmp_path / "tokens", token).find(text) == token


def test_a_token_of_another_file_is_not_known(tmp_path: Path) -> None:
    stranger, _ = new_token("newsletter", Role.CHECK)
    _, token = new_token("newsletter", Role.CHECK)
    assert file_of(tmp_path / "tokens", token).find(stranger) is None


def test_a_hash_is_no_token(tmp_path: Path) -> None:
    _, token = new_token("newsletter", Role.CHECK)
    assert file_of(tmp_path / "tokens", token).find(token.hash.hex()) is None


def test_one_name_can_have_an_old_and_a_new_token(tmp_path: Path) -> None:
    old, old_line = new_token("newsletter", Role.CHECK)
    new, new_line = new_token("newsletter", Role.WRITE)
    tokens = file_of(tmp_path / "tokens", old_line, new_line)
    assert [tokens.find(text) for text in (old, new)] == [old_line, new_line]


def test_two_tokens_are_never_alike() -> None:
    assert new_token("a", Role.CHECK)[0] != new_token("a", Role.CHECK)[0]


def test_the_line_of_a_token_does_not_hold_it() -> None:
    text, token = new_token("newsletter", Role.CHECK)
    assert text not in str(token)


def test_comments_and_blank_lines_are_no_tokens(tmp_path: Path) -> None:
    text, token = new_token("ops", Role.ADMIN)
    path = tmp_path / "tokens"
    path.write_text(f"# who may call\n\n{token}\n")
    assert TokenFile(path).find(text) == token


@pytest.mark.parametrize(
    "line", ["ops", "ops root " + "0" * 64, "ops admin 0123", "two words admin " + "0" * 64]
)
def test_a_line_that_is_none_is_named_by_its_number_only(tmp_path: Path, line: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# first\n{line}\n")
    with pytest.raises(BadTokenFile) as refused:
        TokenFile(path)
    assert str(refused.value) == f"{path}, line 2: not NAME check|read|write|admin HASH"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTokenFile, match="nowhere cannot be read: No such file"):
        TokenFile(tmp_path / "nowhere")


def test_a_name_that_would_break_the_line_is_refused() -> None:
    with pytest.raises(BadTokenFile):
        new_token("two words", Role.CHECK)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    tokens = file_of(tmp_path / "tokens")
    text, token = new_token("ops", Role.ADMIN)
    append_token(tmp_path / "tokens", token)
    tokens.refresh()
    assert tokens.find(text) == token


def test_a_token_that_is_taken_away_is_not_known_any_more(tmp_path: Path) -> None:
    text, token = new_token("ops", Role.ADMIN)
    tokens = file_of(tmp_path / "tokens", token)
    (tmp_path / "tokens").write_text("")
    tokens.refresh()
    assert tokens.find(text) is None


def test_a_file_that_breaks_leaves_the_tokens_as_they_were(tmp_path: Path) -> None:
    text, token = new_token("ops", Role.ADMIN)
    tokens = file_of(tmp_path / "tokens", token)
    (tmp_path / "tokens").write_text("half a li")
    tokens.refresh()
    assert tokens.find(text) == token


def test_a_file_that_is_made_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    append_token(tmp_path / "tokens", new_token("ops", Role.ADMIN)[1])
    assert os.stat(tmp_path / "tokens").st_mode & 0o777 == 0o600  # noqa: PTH116


@pytest.mark.parametrize("mode", [0o660, 0o602], ids=["the group", "everybody"])
def test_a_file_to_which_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "tokens"
    path.touch()
    path.chmod(mode)
    with pytest.raises(BadTokenFile, match="others can write"):
        TokenFile(path)


def test_a_file_of_another_user_is_taken_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokens"
    path.touch()
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    monkeypatch.setattr(auth, "_ROOT", somebody)
    with capture_logs() as logs:
        TokenFile(path)
    assert [line["log_level"] for line in logs if "another user" in line["event"]] == ["warning"]


def test_a_token_that_others_could_add_is_not_taken_until_they_cannot(tmp_path: Path) -> None:
    # Given a file of one token
    path = tmp_path / "tokens"
    text, token = new_token("ops", Role.ADMIN)
    tokens = file_of(path, token)
    # When others may write to it, and add one
    path.chmod(0o666)
    added, line = new_token("stranger", Role.ADMIN)
    append_token(path, line)
    tokens.refresh()
    # Then the tokens stay as they were,
    assert (tokens.find(text), tokens.find(added)) == (token, None)
    # until its owner takes the file back.
    path.chmod(0o600)
    tokens.refresh()
    assert tokens.find(added) == line
