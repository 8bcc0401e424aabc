"""Logs: one line an event on standard error, for people or for machines.

No line holds an address unless masked (:func:`suppression_service.address.masked`), and none
holds any part of a message.
"""

import sys

import structlog


def configure_logs(form: str) -> None:
    """Set up structlog.

    Args:
        form: ``console`` for people, ``json`` for machines.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
