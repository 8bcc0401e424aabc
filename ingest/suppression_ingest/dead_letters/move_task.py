"""SQS's own way of moving dead letters back: a move task."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from suppression_ingest.aws.failures import code_of, translated
from suppression_ingest.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef

# What those say that have no move tasks. Not UnsupportedOperation: that is how SQS
# itself refuses one, such as a second while the first runs.
_NO_SUCH_ACTION: Final = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented"})
# What is left of a stand-in's answer that has no code: its web server's status. From
# AWS's own hosts it means that something on the way is broken.
_BARE_STATUS: Final = frozenset({"404", "500", "501"})
_AWS_HOSTS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws")

_TICK_SECONDS: Final = 1.0
# Looks at a list that does not have the task yet.
_PATIENCE: Final = 60
_RUNNING: Final = frozenset({"RUNNING", "CANCELLING"})
_COMPLETED: Final = "COMPLETED"


class NoMoveTasks(Exception):
    """Whatever stands in for SQS has no move tasks."""


class NotMoved(AwsError):
    """SQS took the move task and did not bring it to its end; the message says why."""


class Outcome(NamedTuple):
    """Letters that a task moved, and those that it counted and left."""

    moved: int
    left: int


class MoveTask:
    """A task that SQS has taken.

    Args:
        client: of SQS.
        arn: of the queue that is emptied.
        earlier: what was the newest task before this one; empty if there was none.
    """

    def __init__(
        self, client: "SQSClient", arn: str, earlier: "ListMessageMoveTasksResultEntryTypeDef"
    ) -> None:
        self._client = client
        self._arn = arn
        self._earlier = earlier

    @classmethod
    def start(cls, client: "SQSClient", arn: str) -> Self:
        """Have SQS begin to move what is in a queue back to where it came from.

        Raises:
            NoMoveTasks: a stand-in does not know how.
            AwsError: SQS does not answer, or refuses.
        """
        with translated():
            try:
                earlier = _newest(client, arn)
                client.start_message_move_task(SourceArn=arn)
            except ClientError as error:
                if _has_no_move_tasks(client, error):
                    raise NoMoveTasks from None
                raise
        return cls(client, arn, earlier)

    def wait(self, sleep: Callable[[float], None]) -> Outcome:
        """Wait until SQS is done.

        Raises:
            NotMoved: the task failed, was cancelled, or cannot be found.
            AwsError: SQS does not answer, or refuses; the task may go on.
        """
        unlisted = 0
        while (task := self._look()) is None or task.get("Status") in _RUNNING:
            unlisted += task is None
            if unlisted == _PATIENCE:
                raise NotMoved("SQS took the move task and does not list it: see what is left")
            sleep(_TICK_SECONDS)
        return _outcome(task)

    def _look(self) -> "ListMessageMoveTasksResultEntryTypeDef | None":
        """Return the task as SQS lists it; None while its list is of before."""
        with translated():
            newest = _newest(self._client, self._arn)
        return None if newest == self._earlier else newest


def _newest(client: "SQSClient", arn: str) -> "ListMessageMoveTasksResultEntryTypeDef":
    tasks = client.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", [])
    return tasks[0] if tasks else {}


def _outcome(task: "ListMessageMoveTasksResultEntryTypeDef") -> Outcome:
    moved = task.get("ApproximateNumberOfMessagesMoved", 0)
    status = task.get("Status", "without a status")
    if status != _COMPLETED:
        reason = task.get("FailureReason", "no reason given")
        raise NotMoved(f"the move task is {status} ({reason}), {moved:,} were sent back before")
    # Told only of tasks that came to run.
    wanted = task.get("ApproximateNumberOfMessagesToMove", moved)
    return Outcome(moved, max(0, wanted - moved))


def _has_no_move_tasks(client: "SQSClient", error: ClientError) -> bool:
    code = code_of(error)
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return code in _NO_SUCH_ACTION or (code in _BARE_STATUS and not host.endswith(_AWS_HOSTS))
