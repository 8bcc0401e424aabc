"""The deployment in AWS: created by ``provision``, checked by ``doctor``."""
