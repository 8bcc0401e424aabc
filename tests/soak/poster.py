"""SNS as the webhook sees it: posts are repeated until they are answered with 2xx."""

import http.client
import json
import queue
import threading
from typing import Final
from urllib.parse import urlsplit

_THREADS: Final = 4
_SECONDS: Final = 15
#: Between two attempts.
_PAUSE: Final = 0.1


class Poster:
    """Posts bodies in several threads, each until it is accepted.

    Args:
        bodies: signed envelopes.
        url: of the webhook, which may start later.
    """

    def __init__(self, bodies: list[str], url: str) -> None:
        self._url = urlsplit(url)
        self._bodies: queue.SimpleQueue[str] = queue.SimpleQueue()
        for body in bodies:
            self._bodies.put(body)
        self._pause = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(_THREADS)]
        self.refused: list[int] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop before everything is posted."""
        self._pause.set()
        self.wait(_SECONDS)

    def wait(self, timeout: float) -> bool:
        """Wait until all bodies are accepted; return whether they are."""
        for thread in self._threads:
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while not self._pause.is_set():
            try:
                body = self._bodies.get_nowait()
            except queue.Empty:
                return
            while not self._pause.is_set() and not self._accepted(body):
                self._pause.wait(_PAUSE)

    def _accepted(self, body: str) -> bool:
        connection = http.client.HTTPConnection(self._url.netloc, timeout=_SECONDS)
        envelope = json.loads(body)
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": envelope["Type"],
            "x-amz-sns-message-id": envelope["MessageId"],
            "x-amz-sns-topic-arn": envelope["TopicArn"],
        }
        try:
            connection.request("POST", self._url.path, body.encode(), headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False  # killed; SNS would try again
        finally:
            connection.close()
        if 400 <= status < 500 and status != 429:
            self.refused.append(status)
            return True
        return status < 300
