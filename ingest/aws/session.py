"""boto3's session, with the region where every other SDK of AWS looks for it."""

import os

import boto3


def aws_session() -> boto3.Session:
    """Return a session; its region is ``AWS_REGION``, else what boto3 finds by itself.

    boto3 alone reads ``AWS_DEFAULT_REGION`` and files, and overlooks ``AWS_REGION``,
    which Lambda, ECS and EKS set.
    """
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
