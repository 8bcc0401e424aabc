"""The settings of the webhook, besides those that all of ingest has."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, FilePath, model_validator

from suppression_ingest.settings import IngestSettings
from suppression_ingest.webhook.tls import server_context
from suppression_service.config import HostPort, require_tls_beyond_loopback

#: Bytes of the largest message that SNS accepts, plus one half for escaped quotes and the
#: envelope.
LARGEST_POST: Final = 1_572_864
_LARGEST_LIMIT: Final = 16 * 1024 * 1024

# Characters that need no escape in a URL: SNS gets the password in one.
_PASSWORD = re.compile(r"[0-9A-Za-z._~-]{16,200}")


def _password(text: str) -> str:
    if text and not _PASSWORD.fullmatch(text):
        raise ValueError("give 16 to 200 letters, digits and . _ ~ -, as it stands in a URL")
    return text


class WebhookSettings(IngestSettings):
    """Settings of ``suppression-ingest webhook``."""

    webhook_listen: Annotated[HostPort, Field(description="HOST:PORT to accept posts on")] = (
        "127.0.0.1:8080"
    )
    webhook_processes: Annotated[int, Field(ge=1, le=64, description="processes")] = 1
    webhook_tls_certificate: Annotated[
        FilePath | None, Field(description="PEM file with the certificate chain to present")
    ] = None
    webhook_tls_key: Annotated[
        FilePath | None, Field(description="PEM file with its private key")
    ] = None
    webhook_insecure: Annotated[
        bool,
        Field(
            description="listen beyond this machine without TLS, "
            "behind a load balancer that ends TLS"
        ),
    ] = False
    webhook_password: Annotated[
        str,
        AfterValidator(_password),
        Field(description="password of posts (HTTP basic, any user name)", repr=False),
    ] = ""
    webhook_raw: Annotated[
        bool,
        Field(description="accept raw deliveries, which only the password authenticates"),
    ] = False
    webhook_max_body: Annotated[
        int, Field(ge=1_024, le=_LARGEST_LIMIT, description="bytes of a post at most")
    ] = LARGEST_POST
    webhook_authenticate_unsubscribe: Annotated[
        bool,
        Field(
            description="confirm subscriptions so that only the account can end them; "
            "needs sns:ConfirmSubscription"
        ),
    ] = True

    @property
    def password_needed(self) -> bool:
        """Whether posts without a verified signature are accepted."""
        return self.webhook_raw or not self.verify_signatures

    @model_validator(mode="after")
    def _topics_are_named(self) -> Self:
        if not self.topic_arns:
            raise ValueError(
                "SUPPRESSION_TOPIC_ARNS is not set: anyone can post, and anyone can sign "
                "with a topic of their own"
            )
        return self

    @model_validator(mode="after")
    def _unsigned_posts_have_a_password(self) -> Self:
        if self.password_needed and not self.webhook_password:
            raise ValueError(
                "SUPPRESSION_WEBHOOK_PASSWORD is not set: nothing else authenticates raw or "
                "unverified deliveries"
            )
        return self

    @model_validator(mode="after")
    def _tls_is_usable(self) -> Self:
        if (self.webhook_tls_certificate is None) != (self.webhook_tls_key is None):
            raise ValueError(
                "SUPPRESSION_WEBHOOK_TLS_CERTIFICATE and SUPPRESSION_WEBHOOK_TLS_KEY go together"
            )
        if self.webhook_tls_certificate and self.webhook_tls_key:
            # An error is found once and now, not in every process.
            try:
                server_context(self.webhook_tls_certificate, self.webhook_tls_key)
            except OSError:
                raise ValueError(
                    "the TLS files do not hold a certificate and its private key without a "
                    "password, in PEM"
                ) from None
        return self

    @model_validator(mode="after")
    def _tls_beyond_loopback(self) -> Self:
        require_tls_beyond_loopback(
            self.webhook_listen,
            accepted=self.webhook_tls_certificate or self.webhook_insecure,
            remedy="--webhook-tls-certificate and --webhook-tls-key, "
            "or --webhook-insecure behind a load balancer that ends TLS",
        )
        return self
