"""What `make up` tells: where things are and what to type."""

import secrets
from pathlib import Path

from deploy.local.running import Running
from deploy.local.settings import DEFAULT_LISTEN, LocalSettings
from deploy.local.system import BIN

_METHOD = "suppression.v1.SuppressionService/CheckAddress"
# Another each time: what was on the list yesterday still is, and would show no change.
_ADDRESS = f"jane.{secrets.token_hex(2)}@example.com"


def text(running: Running, settings: LocalSettings, seconds: float) -> str:
    """Return what to tell once everything answers."""
    feedback = "a local stand-in for SNS and SQS" if running.topic_arn else settings.queue_url
    return f"""
Up after {seconds:.1f} s.  gRPC: {running.listen}   feedback from: {feedback}
{_tries(running, settings)}
Logs: {_short(settings.logs)}   Stop: Ctrl-C   Forget everything: make reset
"""


def _tries(running: Running, settings: LocalSettings) -> str:
    bin_ = _short(BIN)
    at = "" if running.listen == DEFAULT_LISTEN else f" --server {running.listen}"
    check = f"{bin_}/suppression check {_ADDRESS}{at}"
    asked = f"""-d '{{"address": "{_ADDRESS}"}}'"""
    return f"""
Try this in another terminal, in this folder:

  {check}
  {_publish(running, settings)}
  {check}

The same question as any gRPC client asks it:

  grpcurl -plaintext {asked} {running.listen} {_METHOD}
  {bin_}/buf curl --protocol grpc --http2-prior-knowledge {asked} http://{running.listen}/{_METHOD}
"""


def _publish(running: Running, settings: LocalSettings) -> str:
    if not running.topic_arn:
        return "(send mail to bounce@simulator.amazonses.com through your configuration set)"
    where = "" if settings.folder_is_default else f"SUPPRESSION_LOCAL_DIR={settings.folder} "
    return f"{where}{_short(BIN)}/python -m deploy.local.publish bounce {_ADDRESS}"


def _short(path: Path) -> str:
    """Return a path as it is typed in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
