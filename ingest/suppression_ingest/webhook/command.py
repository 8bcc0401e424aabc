"""``suppression-ingest webhook``."""

from typing import Annotated, Any

import typer

from suppression_ingest.logs import configure_logs
from suppression_ingest.options import option
from suppression_ingest.settings import load
from suppression_ingest.webhook.settings import WebhookSettings


def _option(name: str) -> Any:
    return option(WebhookSettings, name)


def webhook_command(
    webhook_listen: Annotated[str | None, _option("webhook_listen")] = None,
    webhook_workers: Annotated[str | None, _option("webhook_workers")] = None,
    webhook_tls_certificate: Annotated[str | None, _option("webhook_tls_certificate")] = None,
    webhook_tls_key: Annotated[str | None, _option("webhook_tls_key")] = None,
    webhook_insecure: Annotated[bool | None, _option("webhook_insecure")] = None,
    webhook_password: Annotated[str | None, _option("webhook_password")] = None,
    webhook_raw: Annotated[bool | None, _option("webhook_raw")] = None,
    webhook_max_body: Annotated[str | None, _option("webhook_max_body")] = None,
    webhook_authenticate_unsubscribe: Annotated[
        bool | None, _option("webhook_authenticate_unsubscribe")
    ] = None,
    database_url: Annotated[str | None, _option("database_url")] = None,
    topic_arns: Annotated[str | None, _option("topic_arns")] = None,
    verify_signatures: Annotated[bool | None, _option("verify_signatures")] = None,
    certificate_endpoint: Annotated[str | None, _option("certificate_endpoint")] = None,
    streams: Annotated[str | None, _option("streams")] = None,
    delayed_bounces: Annotated[str | None, _option("delayed_bounces")] = None,
    soft_bounce_limit: Annotated[str | None, _option("soft_bounce_limit")] = None,
    soft_bounce_within: Annotated[str | None, _option("soft_bounce_within")] = None,
    soft_bounce_lasts: Annotated[str | None, _option("soft_bounce_lasts")] = None,
    retry_queue_url: Annotated[str | None, _option("retry_queue_url")] = None,
    count_memory: Annotated[str | None, _option("count_memory")] = None,
    metrics_listen: Annotated[str | None, _option("metrics_listen")] = None,
    log_format: Annotated[str | None, _option("log_format")] = None,
) -> None:
    """Take posts of SNS and store what they say, until SIGTERM or Ctrl-C.

    SNS posts to /sns; load balancers look at /healthz. A post is answered 200 after
    its feedback is stored, never before. Subscriptions to the topics that are named
    are confirmed by themselves. docs/how-to/webhook.md has the whole set-up.

    Passwords are better given as SUPPRESSION_WEBHOOK_PASSWORD than as a flag, which
    other users of the machine can see.

    \b
    Examples:
      SUPPRESSION_TOPIC_ARNS=arn:aws:sns:eu-west-1:123456789012:ses suppression-ingest webhook
      suppression-ingest webhook --webhook-listen 0.0.0.0:8443 \\
          --webhook-tls-certificate chain.pem --webhook-tls-key key.pem --topic-arns …
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    settings = load(WebhookSettings, **locals())
    from suppression_ingest.webhook.server import (
        serve,  # the web server is of no use to other commands
    )

    configure_logs(settings.log_format)
    raise typer.Exit(serve(settings))
