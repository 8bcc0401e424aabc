"""What the commands for dead letters can be told, besides what every part of ingest can."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from suppression_ingest.settings import IngestSettings


def _https_url(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("give it as https://HOST/ACCOUNT/NAME")
    return text


class DeadLetterSettings(IngestSettings):
    """Settings of ``suppression-ingest dead-letters``."""

    dead_letter_queue_url: Annotated[
        str,
        AfterValidator(_https_url),
        Field(description="the dead-letter queue; empty: the one that the queue names"),
    ] = ""

    @model_validator(mode="after")
    def _queue_is_named(self) -> Self:
        if not (self.queue_url or self.dead_letter_queue_url):
            raise ValueError(
                "SUPPRESSION_QUEUE_URL is not set: say which queue's dead letters are meant"
            )
        return self
