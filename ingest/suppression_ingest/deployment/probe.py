"""Sending one message that is sure to bounce, and following the bounce to the list."""

import dataclasses
import secrets
import time
from collections.abc import Callable
from typing import Final

from suppression_ingest.aws.failures import translated
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.findings import Finding, failed, passed
from suppression_ingest.errors import AwsError, NotPermitted

#: Seconds between two looks into the list, and until the bounce is given up.
TICK: Final = 1.0
PATIENCE: Final = 120

_TEXT: Final = "A test of the suppression list: this message is to bounce."


@dataclasses.dataclass(frozen=True)
class Probe:
    """One message to SES's mailbox simulator, which bounces and harms no reputation.

    Args:
        deployment: what is probed.
        sender: an address of an identity that SES has verified.
        patience: seconds to wait for the bounce.
        waited: told the seconds so far, again and again.
        sleep: waits some seconds.
        clock: seconds that only grow.
    """

    deployment: Deployment
    sender: str
    patience: float = PATIENCE
    waited: Callable[[float], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def look(self) -> Finding:
        """Send, and wait for the bounce to be stored."""
        # The label makes the address one that nothing is known of yet.
        address = f"bounce+probe-{secrets.token_hex(4)}@simulator.amazonses.com"
        store = self.deployment.usable_store
        try:
            self._send(address)
        except NotPermitted:
            raise
        except AwsError as error:
            return failed(f"not sent: {error}", "--from must be of an identity that SES verified")
        began = self.clock()
        while (seconds := self.clock() - began) < self.patience:
            if store.address(address).events:
                return passed(f"the bounce was stored {seconds:.0f} s after sending")
            self.waited(seconds)
            self.sleep(TICK)
        return self._where_it_is()

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

    def _where_it_is(self) -> Finding:
        """Tell how far the bounce came, as far as that can be seen."""
        said = f"sent, and no bounce stored after {self.patience:.0f} s"
        # Asked anew: what was known from before has changed.
        for name in ("queue", "dead_letters"):
            vars(self.deployment).pop(name, None)
        if waiting := self.deployment.queue.waiting:
            return failed(f"{said}; {waiting} wait in the queue", "start suppression-ingest worker")
        if self.deployment.dead_letters.waiting:
            return failed(
                f"{said}; there are dead letters", "suppression-ingest dead-letters tells why"
            )
        return failed(
            f"{said}, and nothing in the queue",
            "mend what fails above; a worker on another database would take it away, too",
        )
