"""The ``suppression-ingest`` command."""

from suppression_ingest.account_list.command import sync_command
from suppression_ingest.dead_letters.commands import app as dead_letters_app
from suppression_ingest.deployment.commands import doctor_command, provision_command
from suppression_ingest.errors import IngestError
from suppression_ingest.rates.command import rates_command
from suppression_ingest.replay.command import replay_command
from suppression_ingest.webhook.command import webhook_command
from suppression_ingest.worker.command import worker_command
from suppression_ingest.worker.purge_command import purge_command
from suppression_service.config import command_line, run
from suppression_service.logs import set_up_logs
from suppression_service.net import AddressTaken
from suppression_service.store import StoreError

app = command_line(
    """Turns what Amazon SES says about sent mail into changes to the suppression list.

    Every flag is also an environment variable, SUPPRESSION_ and its name in capitals;
    a flag that is given wins. AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and the other
    AWS_* variables are boto3's own.
    """
)
app.command("worker")(worker_command)
app.command("replay")(replay_command)
app.command("webhook")(webhook_command)
app.command("provision")(provision_command)
app.command("doctor")(doctor_command)
app.command("sync")(sync_command)
app.command("rates")(rates_command)
app.command("purge")(purge_command)
app.add_typer(dead_letters_app, name="dead-letters")


def main() -> None:
    """Run the command."""
    # For commands without a log setting. Logs go to standard error, results to standard output.
    set_up_logs("console")
    run(app, "suppression-ingest", (StoreError, IngestError, AddressTaken))


if __name__ == "__main__":
    main()
