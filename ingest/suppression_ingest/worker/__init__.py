"""The SQS worker: receives, stores and deletes messages until it is stopped."""
