"""The HTTPS subscriber: SNS posts a message, and gets its answer once it is stored."""
