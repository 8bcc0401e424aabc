"""The HTTPS subscriber: SNS posts, and is answered once what it said is stored."""
