"""Moving dead letters back to the queue that they came from.

SQS moves them by a move task (``StartMessageMoveTask``). Stand-ins of SQS have no move
tasks: there each message is sent, and deleted once the send is confirmed.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.aws.failures import code_of, translated
from suppression_ingest.aws.sqs import Queue
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef

#: How the messages were moved.
BY_SQS: Final = "by a move task of SQS"
ONE_BY_ONE: Final = "one by one: sent, and deleted once that was confirmed"

# Error codes of a stand-in without move tasks. UnsupportedOperation is not one of them: with
# it SQS itself refuses a task, such as a second one while the first runs.
_NO_SUCH_ACTION: Final = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented"})
# A stand-in's answer without a code: the status of its web server. From AWS's own hosts
# it means that something between AWS and us is broken.
_BARE_STATUS: Final = frozenset({"404", "500", "501"})
_AWS_HOSTS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws")

_POLL_SECONDS: Final = 1.0
# Polls after which a task that SQS does not list is given up.
_UNLISTED_POLLS: Final = 60
_RUNNING: Final = frozenset({"RUNNING", "CANCELLING"})
_COMPLETED: Final = "COMPLETED"


class NoMoveTasks(Exception):
    """The stand-in of SQS has no move tasks."""


class NotMoved(AwsError):
    """SQS accepted the move task and did not complete it; the message says why."""


class Redriven(NamedTuple):
    """The numbers of messages moved and left, and how they were moved."""

    moved: int
    left: int
    how: str


def redrive(
    dead_letters: DeadLetterQueue, queue_url: str, sleep: Callable[[float], None] = time.sleep
) -> Redriven:
    """Move all messages back to the queue that they came from, for the worker to try again.

    Args:
        dead_letters: the queue to empty.
        queue_url: where to send the messages if there are no move tasks.
        sleep: waits between two polls of the move task.

    Raises:
        NotMoved: SQS did not complete the move task.
        AwsError: SQS does not answer, or refuses.
        SettingsError: there are no move tasks, and no URL.
    """
    try:
        task = MoveTask.start(dead_letters.client, dead_letters.arn)
    except NoMoveTasks:
        return _one_by_one(dead_letters, queue_url)
    return task.wait(sleep)


def _one_by_one(dead_letters: DeadLetterQueue, queue_url: str) -> Redriven:
    if not queue_url:
        raise SettingsError("SUPPRESSION_QUEUE_URL is not set: name the queue to send them to")
    target = Queue(dead_letters.client, queue_url)
    # No more than there are now: messages that fail again would be moved for ever.
    waiting = dead_letters.count()
    moved = 0
    for batch in dead_letters.take(waiting):
        for message in batch:
            target.send(message.body)
            moved += not dead_letters.delete([message])
    return Redriven(moved, max(0, waiting - moved), ONE_BY_ONE)


class MoveTask:
    """A move task that SQS has accepted.

    Args:
        client: a client of SQS.
        arn: the ARN of the queue to empty.
        earlier: the newest task before this one; empty if there was none.
    """

    def __init__(
        self, client: "SQSClient", arn: str, earlier: "ListMessageMoveTasksResultEntryTypeDef"
    ) -> None:
        self._client = client
        self._arn = arn
        self._earlier = earlier

    @classmethod
    def start(cls, client: "SQSClient", arn: str) -> Self:
        """Start moving the messages of a queue back to where they came from.

        Raises:
            NoMoveTasks: a stand-in does not support it.
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

    def wait(self, sleep: Callable[[float], None]) -> Redriven:
        """Wait until SQS is done.

        Raises:
            NotMoved: the task failed, was cancelled, or cannot be found.
            AwsError: SQS does not answer, or refuses. The task may continue.
        """
        unlisted = 0
        while (task := self._poll()) is None or task.get("Status") in _RUNNING:
            unlisted += task is None
            if unlisted == _UNLISTED_POLLS:
                raise NotMoved("SQS took the move task and does not list it: see what is left")
            sleep(_POLL_SECONDS)
        return _result(task)

    def _poll(self) -> "ListMessageMoveTasksResultEntryTypeDef | None":
        """Return the task as SQS lists it; None while the list is older than the task."""
        with translated():
            newest = _newest(self._client, self._arn)
        return None if newest == self._earlier else newest


def _newest(client: "SQSClient", arn: str) -> "ListMessageMoveTasksResultEntryTypeDef":
    tasks = client.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", [])
    return tasks[0] if tasks else {}


def _result(task: "ListMessageMoveTasksResultEntryTypeDef") -> Redriven:
    moved = task.get("ApproximateNumberOfMessagesMoved", 0)
    status = task.get("Status", "without a status")
    if status != _COMPLETED:
        reason = task.get("FailureReason", "no reason given")
        raise NotMoved(f"the move task is {status} ({reason}), {moved:,} were sent back before")
    # SQS gives this number only for tasks that began to run.
    to_move = task.get("ApproximateNumberOfMessagesToMove", moved)
    return Redriven(moved, max(0, to_move - moved), BY_SQS)


def _has_no_move_tasks(client: "SQSClient", error: ClientError) -> bool:
    code = code_of(error)
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return code in _NO_SUCH_ACTION or (code in _BARE_STATUS and not host.endswith(_AWS_HOSTS))
