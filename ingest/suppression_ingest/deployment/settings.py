"""What the commands about the AWS wiring can be told beyond the settings of the worker."""

from typing import Annotated

from pydantic import Field

from suppression_ingest.settings import IngestSettings


class AwsSettings(IngestSettings):
    """Settings of ``provision``, ``doctor`` and ``reconcile``."""

    configuration_set: Annotated[
        str, Field(description="the SES configuration set that mail is sent through")
    ] = ""
