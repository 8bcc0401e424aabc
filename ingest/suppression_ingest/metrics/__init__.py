"""The Prometheus metrics of ingest: messages, mail, queue depth and message age.

The metrics for CloudWatch are in :mod:`suppression_ingest.rates.cloudwatch`.
"""
