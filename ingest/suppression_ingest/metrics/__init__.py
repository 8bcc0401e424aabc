"""What Prometheus is shown of ingest: of messages, of mail, of the queue, and of its age.

For CloudWatch there are other metrics: :mod:`suppression_ingest.rates.cloudwatch`.
"""
