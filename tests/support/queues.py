"""SQS as others wrote it: ElasticMQ and MiniStack, which `.ci/queues` puts into `.tools/`."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import botocore.exceptions

from deploy.local.aws import StandIn, free_port
from tests.support.prerequisites import missing
from tests.support.processes import Processes, eventually

_TOOLS: Final = Path(__file__).parents[2] / ".tools"
_JARS: Final = _TOOLS / "elasticmq"
_MINISTACK: Final = _TOOLS / "ministack"
# Starts in a fraction of the time, and its heap fits into any machine.
_SMALL_JVM: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m")
_ELASTICMQ: Final = """
include classpath("application.conf")
node-address {{ host = "127.0.0.1", port = {port} }}
rest-sqs {{ bind-hostname = "127.0.0.1", bind-port = {port} }}
rest-stats {{ enabled = false }}
"""


def _start_elasticmq(processes: Processes, port: int, folder: Path) -> None:
    if not (_JARS / "installed").exists():
        missing("ElasticMQ", "run .ci/queues, which needs a JDK and Maven")
    if not (java := shutil.which("java")):
        missing("ElasticMQ", "there is no java")
    configuration = folder / "elasticmq.conf"
    configuration.write_text(_ELASTICMQ.format(port=port))
    options = (*_SMALL_JVM, f"-Dconfig.file={configuration}", "-cp", f"{_JARS}/*")
    processes.start("elasticmq", [java, *options, "org.elasticmq.server.Main"], {})


def _start_ministack(processes: Processes, port: int, _folder: Path) -> None:
    if not (_MINISTACK / "installed").exists():
        missing("MiniStack", "run .ci/queues")
    given = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "SERVICES": "sqs,sns"}
    # It logs what is published to its SNS.
    command = [_MINISTACK / "bin" / "ministack"]
    processes.start("ministack", command, given, may_show_addresses=True)


#: How each is started, by name.
QUEUES: Final[dict[str, Callable[[Processes, int, Path], None]]] = {
    "elasticmq": _start_elasticmq,
    "ministack": _start_ministack,
}


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[StandIn]:
    """Run an implementation for the length of the block; skip the test if it is not there."""
    port = free_port()
    with Processes(folder / "logs") as processes:
        QUEUES[name](processes, port, folder)
        stand_in = StandIn(f"http://127.0.0.1:{port}")
        eventually(f"{name} answers", lambda: _answers(stand_in))
        yield stand_in


def _answers(stand_in: StandIn) -> bool:
    try:
        stand_in.sqs.list_queues()
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        return False
    return True
