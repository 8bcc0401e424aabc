"""The text that `make up` prints: where everything is, and commands to try."""

import os
import secrets
from pathlib import Path

from deploy.local.folder import Endpoints
from deploy.local.settings import DEFAULT_LISTEN, LocalSettings
from deploy.local.system import BIN

_METHOD = "suppression.v1.SuppressionService/CheckAddress"
# A new address each time: the list keeps those of earlier runs.
_ADDRESS = f"jane.{secrets.token_hex(2)}@example.com"


def text(endpoints: Endpoints, settings: LocalSettings, seconds: float) -> str:
    """Return the text for a system that has started.

    Args:
        endpoints: of the system.
        settings: of `make up`.
        seconds: that the start took.
    """
    feedback = "a local stand-in for SNS and SQS" if endpoints.topic_arn else settings.queue_url
    return f"""
Up after {seconds:.1f} s.  gRPC: {endpoints.listen}   Feedback from: {feedback}
Console: {endpoints.console} ({_sign_in()})
{_commands(endpoints, settings)}
Logs: {_short(settings.logs)}   Stop: Ctrl-C   Delete all data: make reset
"""


def _sign_in() -> str:
    if os.environ.get("SUPPRESSION_TOKEN_FILE"):
        return "sign in with a token"
    return "no token is needed: press Sign in"


def _commands(endpoints: Endpoints, settings: LocalSettings) -> str:
    bin_ = _short(BIN)
    server = "" if endpoints.listen == DEFAULT_LISTEN else f" --server {endpoints.listen}"
    check = f"{bin_}/suppression check {_ADDRESS}{server}"
    request = f"""-d '{{"address": "{_ADDRESS}"}}'"""
    return f"""
Try these commands in another terminal, in this folder:

  {check}
  {_publish(endpoints, settings)}
  {check}

The same check with grpcurl, or with buf:

  grpcurl -plaintext {request} {endpoints.listen} {_METHOD}
  {bin_}/buf curl --protocol grpc --http2-prior-knowledge {request} http://{endpoints.listen}/{_METHOD}
"""


def _publish(endpoints: Endpoints, settings: LocalSettings) -> str:
    if not endpoints.topic_arn:
        return "(now send mail to bounce@simulator.amazonses.com through your configuration set)"
    folder = "" if settings.folder_is_default else f"SUPPRESSION_LOCAL_DIR={settings.folder} "
    return f"{folder}{_short(BIN)}/python -m deploy.local.publish bounce {_ADDRESS}"


def _short(path: Path) -> str:
    """Return a path relative to the current folder, if it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
