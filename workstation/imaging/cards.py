"""Makes the card that is shown instead of a picture for an object without pixels."""

from __future__ import annotations

from pydicom import uid
from pydicom.dataset import Dataset

from workstation.dicom import display
from workstation.dicom.transfer_syntaxes import transfer_syntax
from workstation.errors import UserMessage
from workstation.imaging.image_header import text
from workstation.imaging.picture import Caption, Card
from workstation.imaging.read_document import document_kind
from workstation.imaging.structured_report import report_lines
from workstation.imaging.syntaxes import syntax_words

_KINDS = {
    "1.2.840.10008.5.1.4.1.1.88.": "A structured report",
    "1.2.840.10008.5.1.4.1.1.11.": "A presentation state",
    "1.2.840.10008.5.1.4.1.1.104.1": "An encapsulated PDF document",
    "1.2.840.10008.5.1.4.1.1.104.2": "An encapsulated CDA document",
    "1.2.840.10008.5.1.4.1.1.9.": "A waveform",
    "1.2.840.10008.5.1.4.1.1.481.3": "A radiotherapy structure set",
    "1.2.840.10008.5.1.4.1.1.481.5": "A radiotherapy plan",
    "1.2.840.10008.5.1.4.1.1.66": "Raw data or registration",
    "1.2.840.10008.1.3.10": "A DICOMDIR",
}
_REPORTS = "1.2.840.10008.5.1.4.1.1.88."


def card_for(
    dataset: Dataset, caption: Caption, size: int, *, has_pixels: bool, whole: bool = True
) -> Card | None:
    """The card of ``dataset``; None if it holds pixels that can be tried.

    Args:
        dataset: Everything before its pixel data.
        caption: Identifies patient and series.
        size: Bytes of the file.
        has_pixels: Whether pixel data follow.
        whole: Whether the file holds all of its last element.
    """
    sop_class = text(dataset, "SOPClassUID") or _meta(dataset, "MediaStorageSOPClassUID")
    syntax = _meta(dataset, "TransferSyntaxUID")
    name = uid.UID(sop_class).name if sop_class else "Unknown object"
    known = transfer_syntax(syntax)
    if has_pixels and known is not None and known.video:
        kind = uid.UID(syntax).name
        words = UserMessage("A video ({kind}). This preview does not play videos.", kind=kind)
        return Card(name, _with_size(words, "", size), caption)
    if has_pixels:
        return None
    if sop_class.startswith(_REPORTS) and (sheet := report_lines(dataset)):
        return Card(_titled(dataset, name), UserMessage("A structured report:"), caption, sheet)
    document = document_kind(dataset)
    kind = next((words for start, words in _KINDS.items() if sop_class.startswith(start)), "")
    words = UserMessage(
        "{kind} without pixel data: there is no image to show.", kind=UserMessage(kind or "An object")
    )
    if document:
        named = {"kind": UserMessage(kind or "A document"), "title": text(dataset, "DocumentTitle")[:200]}
        words = UserMessage("{kind} titled “{title}”." if named["title"] else "{kind}.", **named)
    words = _with_size(words, syntax, size)
    if not whole:
        words = UserMessage.joined(
            "\n", (words, UserMessage("The file breaks off in the middle of an element."))
        )
    return Card(name, words, caption, document=document if whole else "")


def _titled(dataset: Dataset, name: str) -> str:
    flags = {"PARTIAL": "partial", "UNVERIFIED": "unverified", "PRELIMINARY": "preliminary"}
    values = (text(dataset, keyword) for keyword in ("CompletionFlag", "VerificationFlag", "PreliminaryFlag"))
    marks = [UserMessage(flags[one]) for one in values if one in flags]
    return (
        UserMessage("{name} ({marks})", name=name, marks=UserMessage.joined(", ", marks)) if marks else name
    )


def _with_size(words: UserMessage, syntax: str, size: int) -> UserMessage:
    return UserMessage.joined(
        "\n", (words, UserMessage.joined(", ", (display.size(size), syntax_words(syntax))))
    )


def _meta(dataset: Dataset, keyword: str) -> str:
    meta = getattr(dataset, "file_meta", None)
    return text(meta, keyword) if meta is not None else ""
