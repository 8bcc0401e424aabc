"""The probe: one message that is sure to bounce, whose bounce must reach the list."""

import dataclasses
import secrets
import time
from collections.abc import Callable
from typing import Final

from suppression_ingest.aws.failures import translated
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.results import CheckResult, failed, passed
from suppression_ingest.errors import AwsError, NotPermitted

#: Seconds between two polls of the list, and seconds until the probe fails.
POLL_SECONDS: Final = 1.0
TIMEOUT_SECONDS: Final = 120

_TEXT: Final = "A test of the suppression list: this message is to bounce."


@dataclasses.dataclass(frozen=True)
class Probe:
    """One message to SES's mailbox simulator. It bounces, and harms no reputation.

    Args:
        deployment: the deployment to probe.
        sender: an address of an identity that SES has verified.
        timeout: seconds to wait for the bounce.
        waited: called at each poll with the seconds so far.
        sleep: waits for a number of seconds.
        clock: monotonic time in seconds.
    """

    deployment: Deployment
    sender: str
    timeout: float = TIMEOUT_SECONDS
    waited: Callable[[float], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def run(self) -> CheckResult:
        """Send, and wait for the bounce to be stored."""
        # The label makes it a new address, without feedback so far.
        address = f"bounce+probe-{secrets.token_hex(4)}@simulator.amazonses.com"
        store = self.deployment.usable_store
        try:
            self._send(address)
        except NotPermitted:
            raise
        except AwsError as error:
            return failed(f"not sent: {error}", "--from must be of an identity that SES verified")
        began = self.clock()
        while (seconds := self.clock() - began) < self.timeout:
            if store.address(address).events:
                return passed(f"the bounce was stored {seconds:.0f} s after sending")
            self.waited(seconds)
            self.sleep(POLL_SECONDS)
        return self._last_seen()

    def _send(self, address: str) -> None:
        with translated():
            self.deployment.aws.ses.send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [address]},
                Content={
                    "Simple": {
                        "Subject": {"Data": "Suppression probe"},
                        "Body": {"Text": {"Data": _TEXT}},
                    }
                },
                ConfigurationSetName=self.deployment.set_name,
            )

    def _last_seen(self) -> CheckResult:
        """Report how far the bounce got, as far as can be seen."""
        said = f"sent, and no bounce stored after {self.timeout:.0f} s"
        # Read again: the cached values are older than the probe.
        for name in ("queue", "dead_letters"):
            vars(self.deployment).pop(name, None)
        if waiting := self.deployment.queue.waiting:
            return failed(f"{said}; {waiting} wait in the queue", "start suppression-ingest worker")
        if self.deployment.dead_letters.waiting:
            return failed(
                f"{said}; there are dead letters", "suppression-ingest dead-letters list says why"
            )
        return failed(
            f"{said}, and nothing in the queue",
            "fix what fails above; or a worker with another database consumed it",
        )
