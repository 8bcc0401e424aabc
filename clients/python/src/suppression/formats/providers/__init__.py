"""The formats of every provider that can be imported, a module each."""

from typing import Final

from ..files import File
from ..format import Format, detect_among
from . import cloudflare, listmonk, mailchimp, mailgun, own, postmark, sendgrid, ses, sparkpost

#: Of those with the same columns the likelier one first.
FORMATS: Final[tuple[Format, ...]] = (
    *own.FORMATS,
    *ses.FORMATS,
    *sendgrid.FORMATS,
    *mailgun.FORMATS,
    *postmark.FORMATS,
    *mailchimp.FORMATS,
    *sparkpost.FORMATS,
    *listmonk.FORMATS,
    *cloudflare.FORMATS,
)


def detect(file: File) -> Format:
    """Return the format of a file, by its columns.

    Raises:
        UnknownFormatError: there is none.
    """
    return detect_among(FORMATS, file)
