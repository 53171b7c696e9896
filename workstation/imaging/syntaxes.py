"""Names transfer syntaxes in a few words."""

from __future__ import annotations

from pydicom import uid

from workstation.dicom.transfer_syntaxes import Loss, transfer_syntax
from workstation.errors import UserMessage


def syntax_words(syntax: str) -> str:
    """The name of a transfer syntax, as short as it can be told from the others."""
    known = transfer_syntax(syntax)
    if known is not None and known.name:
        return UserMessage(known.name)
    return uid.UID(syntax).name if syntax else ""


def always_lossy(syntax: str) -> bool:
    """Whether the syntax alone says that information was lost; .91 and .203 may hold either."""
    known = transfer_syntax(syntax)
    return known is not None and known.loss is Loss.ALWAYS
