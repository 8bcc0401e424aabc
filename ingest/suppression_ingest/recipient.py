"""The address in what SES writes as a recipient."""

from typing import Final

from suppression_service.address import InvalidAddress, canonical

#: What stands for a recipient that is no address. It is recorded and never listed.
NO_ADDRESS: Final = ""


def recipient_address(text: str) -> str:
    """Return the canonical address of a recipient, or :data:`NO_ADDRESS`.

    SES repeats what the sender or the bouncing host wrote: an addr-spec,
    ``Name <addr-spec>``, nothing at all, or something that is no address.
    """
    try:
        return canonical(_addr_spec(text.strip()))
    except InvalidAddress:
        return NO_ADDRESS


def _addr_spec(text: str) -> str:
    if text.endswith(">"):
        return text[text.rfind("<") + 1 : -1]
    return text
