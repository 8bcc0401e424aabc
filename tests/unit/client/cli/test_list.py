import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suppression.cli.filters import Filter, matches
from suppression.cli.writing import Writer
from suppression.formats import EXPORTS
from suppression.v1 import list_service_pb2 as pb
from suppression.v1 import suppression_pb2

Run = Callable[..., Any]
NOW = 2_000_000_000


def entry(address: str, **fields: Any) -> Any:
    return suppression_pb2.Suppression(**({"address": address, "reason": 1} | fields))


def stored(service: Any, *entries: Any) -> None:
    service.entries = list(entries)


def test_entries_are_listed(run: Run, service: Any) -> None:
    stored(service, entry("jane@example.com"), entry("", domain="example.net", reason=5))

    ran = run("list")

    assert ran.out.splitlines() == [
        "jane@example.com\thard-bounce\tall mail\tfor ever\t",
        "@example.net\tmanual\tall mail\tfor ever\t",
    ]


def test_flags_become_the_filter(run: Run, service: Any) -> None:
    run(
        *["list", "--reason", "complaint", "--stream", "", "--domain", "example.com"],
        *["--prefix", "ja", "--source", "ses", "--state", "active"],
        *["--created-after", "2026-01-31", "--changed-before", "2026-01-31T12:00Z"],
    )

    asked = service.calls[0].request.filter
    assert (list(asked.reasons), asked.HasField("stream"), asked.domain) == (
        [3],
        True,
        "example.com",
    )
    assert (asked.address_prefix, asked.source, asked.state) == ("ja", "ses", 1)
    assert asked.created_after.ToJsonString() == "2026-01-31T00:00:00Z"
    assert asked.changed_before.ToJsonString() == "2026-01-31T12:00:00Z"


@pytest.mark.parametrize("flags", [["--state", "gone"], ["--created-after", "soon"]])
def test_a_wrong_flag_is_named(run: Run, flags: list[str]) -> None:
    ran = run("list", *flags)

    assert ran.status == 2
    assert flags[0] in ran.err


def test_a_list_is_limited(run: Run, service: Any) -> None:
    stored(service, *(entry(f"{number}@example.com") for number in range(5)))

    ran = run("list", "--limit", "3")

    assert (len(ran.out.splitlines()), "more than 3" in ran.err) == (3, True)


def test_all_pages_are_read(run: Run, service: Any) -> None:
    stored(service, *(entry(f"{number}@example.com") for number in range(5)))
    service.page = 2

    ran = run("list", "--limit", "0", "--json")

    assert [json.loads(line)["address"][0] for line in ran.out.splitlines()] == list("01234")


def test_an_export_can_be_imported(run: Run, service: Any) -> None:
    stored(service, entry("jane@example.com", detail="550 gone", occurrences=3))

    out = run("export").out
    ran = run("import", "-", stdin=out)

    assert ran.out == "created\t1\n"
    assert list(service.calls[-1].request.suppressions) == service.entries


def test_an_export_is_packed(run: Run, service: Any, tmp_path: Path) -> None:
    stored(service, entry("jane@example.com"))
    path = tmp_path / "list.csv.gz"

    ran = run("export", "--format", "csv", "-o", str(path))

    assert gzip.decompress(path.read_bytes()).startswith(b"address,reason,")
    assert "1 entries written to" in ran.err
    assert path.stat().st_mode & 0o077 == 0


def test_import_files_of_ses_have_a_limit(tmp_path: Path) -> None:
    ses = next(each for each in EXPORTS if each.name == "ses")
    writer = Writer(replace(ses, file_rows=2), tmp_path / "ses.csv.gz", NOW, "")

    writer.write(entry(f"{number}@example.com") for number in range(4))

    lines = [gzip.decompress(path.read_bytes()).count(b"\n") for path in writer.files]
    assert (ses.file_rows, lines) == (100_000, [2, 2])
    assert [each.name for each in writer.files] == ["ses.csv.gz", "ses-2.csv.gz"]


def test_what_a_format_cannot_hold_is_said(run: Run, service: Any) -> None:
    stored(service, entry("jane@example.com", reason=5), entry("joe@example.com"))

    ran = run("export", "--format", "ses")

    assert (ran.out, "1 entries were left out" in ran.err) == ("joe@example.com,BOUNCE\n", True)


def test_an_export_is_of_one_revision(run: Run, service: Any) -> None:
    stored(service, entry("a@example.com"), entry("b@example.com"), entry("c@example.com"))
    service.changes = [
        entry("b@example.com", detail="newer"),
        entry("d@example.com"),
        entry("e@example.com", reason=5),
    ]

    ran = run("export", "--reason", "hard-bounce")

    listed = {row["address"][0]: row.get("detail") for row in map(json.loads, ran.out.splitlines())}
    assert listed == {"a": None, "c": None, "b": "newer", "d": None}
    assert "as of revision r9" in ran.err


def test_an_address_that_is_erased_during_an_export_is_not_in_it(run: Run, service: Any) -> None:
    stored(service, entry("a@example.com", reason=1), entry("b@example.com", reason=1))
    service.changes = [entry("erased:0a1b", reason=1)]
    service.history = {"a@example.com": [service.entries[0]]}

    ran = run("export", "--format", "mandrill")

    assert ran.out == "a@example.com\n"


FILTERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "reasons": ({"reasons": [1, 3]}, {"reason": 5}),
    "stream": ({"stream": ""}, {"stream": "news"}),
    "source": ({"source": "ses"}, {"source": "api"}),
    "domain": ({"domain": "Example.com"}, {"address": "jane@sub.example.com"}),
    "domains": ({"address_prefix": "j"}, {"address": "", "domain": "example.com"}),
    "prefix": ({"address_prefix": "Ja"}, {"address": "joe@example.com"}),
    "created": ({"created_after": {"seconds": 50}}, {"first_seen_time": {"seconds": 49}}),
    "created before": ({"created_before": {"seconds": 51}}, {"first_seen_time": {"seconds": 51}}),
    "changed": ({"changed_before": {"seconds": 70}}, {"removed_time": {"seconds": 70}}),
    "removed": ({"state": 1}, {"removed_time": {"seconds": 60}}),
    "expired": ({"state": 1}, {"expire_time": {"seconds": NOW}}),
}


@pytest.mark.parametrize("case", FILTERS)
def test_a_changed_entry_is_filtered_as_the_service_does(case: str) -> None:
    wanted, other = FILTERS[case]
    usual: dict[str, Any] = {
        "address": "jane@example.com",
        "reason": 1,
        "source": "ses",
        "first_seen_time": {"seconds": 50},
        "last_seen_time": {"seconds": 60},
    }
    asked = pb.SuppressionFilter(**wanted)

    assert matches(asked, suppression_pb2.Suppression(**usual), NOW)
    assert not matches(asked, suppression_pb2.Suppression(**(usual | other)), NOW)


def test_every_field_of_the_filter_has_a_flag() -> None:
    assert len(Filter.__dataclass_fields__) == len(pb.SuppressionFilter.DESCRIPTOR.fields)


def test_statistics_are_shown_with_rates(run: Run, service: Any) -> None:
    ran = run("stats", "--by", "day,reason")

    asked = service.calls[0].request
    assert list(asked.group_by) == [1, 2]
    assert "2026-01-31" in ran.out
    assert "2.00%" in ran.out


def test_statistics_are_printed_as_json(run: Run, service: Any) -> None:
    ran = run("stats", "--by", "category", "--to", "2026-01-31", "--days", "3", "--json")

    assert service.calls[0].request.start_day == "2026-01-29"
    assert json.loads(ran.out)["category"] == "mailbox-full"


@pytest.mark.parametrize("flags", [["--by", "weather"], ["--category", "x"], ["--to", "soon"]])
def test_a_wrong_flag_of_statistics_is_named(run: Run, flags: list[str]) -> None:
    assert run("stats", *flags).status == 2
