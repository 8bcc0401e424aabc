"""``suppression-ingest webhook``."""

import typer

from suppression_ingest.settings import FEEDBACK
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.config import with_settings
from suppression_service.logs import set_up_logs


@with_settings(WebhookSettings, *WebhookSettings.__annotations__, *FEEDBACK, "metrics_listen")
def webhook_command(settings: WebhookSettings) -> None:
    """Accept posts of SNS and store their feedback, until SIGTERM or Ctrl-C.

    SNS posts to /sns; load balancers ask /healthz. A post is answered 200 after
    its feedback is stored, never before. Subscriptions to the topics of --topic-arns
    are confirmed automatically. docs/how-to/webhook.md explains the whole set-up.

    Give the password as SUPPRESSION_WEBHOOK_PASSWORD, not as a flag: other users of
    the machine can see flags.

    \b
    Examples:
      SUPPRESSION_TOPIC_ARNS=arn:aws:sns:eu-west-1:123456789012:ses suppression-ingest webhook
      suppression-ingest webhook --webhook-listen 0.0.0.0:8443 \\
          --webhook-tls-certificate chain.pem --webhook-tls-key key.pem --topic-arns …
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    # Other commands need no web server.
    from suppression_ingest.webhook.server import serve

    set_up_logs(settings.log_format)
    raise typer.Exit(serve(settings))
