"""Post forged notifications to a webhook on this machine, each with a certificate of its own.

python -m tests.hostile.posts 8080 arn:aws:sns:eu-west-1:123456789012:feedback

Nobody has these certificates. It goes on until it is ended, and then prints how many posts had
which status.
"""

import argparse
import asyncio
import base64
import collections
import contextlib
import json
import secrets
import signal
import sys
from typing import Final

#: Each waits for the answer to its post before it sends the next.
_CONNECTIONS: Final = 100
_SIGNATURE: Final = base64.b64encode(bytes(256)).decode()


def main() -> int:
    """Post until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.posts", description=__doc__)
    parser.add_argument("port", type=int, help="of 127.0.0.1")
    parser.add_argument("topic", help="that the webhook accepts")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(_flood(given.port, given.topic))), flush=True)
    return 0


async def _flood(port: int, topic: str) -> dict[str, int]:
    statuses: collections.Counter[str] = collections.Counter()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    posters = [
        asyncio.create_task(_post_all_the_time(port, topic, statuses)) for _ in range(_CONNECTIONS)
    ]
    print("posting", flush=True)
    await ended.wait()
    for poster in posters:
        poster.cancel()
    return dict(statuses)


async def _post_all_the_time(port: int, topic: str, statuses: collections.Counter[str]) -> None:
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                while True:
                    writer.write(_post(topic))
                    statuses[await _status(reader)] += 1


def _post(topic: str) -> bytes:
    region = topic.split(":")[3]
    name = secrets.token_hex(16)
    body = json.dumps(
        {
            "Type": "Notification",
            "MessageId": "11111111-2222-3333-4444-555555555555",
            "TopicArn": topic,
            "Message": "{}",
            "Timestamp": "2026-03-02T09:30:00.000Z",
            "SignatureVersion": "2",
            "Signature": _SIGNATURE,
            "SigningCertURL": (
                f"https://sns.{region}.amazonaws.com/SimpleNotificationService-{name}.pem"
            ),
        }
    ).encode()
    head = f"POST /sns HTTP/1.1\r\nHost: webhook\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = head.partition("content-length:")[2].split()[0]
    await reader.readexactly(int(length))
    return head.split()[1]


if __name__ == "__main__":
    sys.exit(main())
