"""A fake of SESv2's sending calls, for tests of clients that send mail."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Ses(ThreadingHTTPServer):
    """Accepts SendEmail and SendBulkEmail; ``sent`` has their bodies."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _SesHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def recipients(self) -> list[str]:
        """The recipients, in order."""
        return [each for mail in self.sent for each in mail["Destination"]["ToAddresses"]]

    def environment(self) -> dict[str, str]:
        """Variables that make a program's AWS SDK use this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


class _SesHandler(BaseHTTPRequestHandler):
    server: Ses

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.sent.append(body)
        entries = body.get("BulkEmailEntries", [])
        results = [{"Status": "SUCCESS", "MessageId": f"m{n}"} for n in range(len(entries))]
        answer = {"BulkEmailEntryResults": results} if entries else {"MessageId": "m"}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
