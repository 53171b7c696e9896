"""What is said instead of a picture about an object that is none."""

from __future__ import annotations

from pydicom import uid
from pydicom.dataset import Dataset

from workstation.imaging.header import text
from workstation.imaging.picture import Caption, Card

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
_VIDEO = ("1.2.840.10008.1.2.4.10",)


def card_for(dataset: Dataset, caption: Caption, *, has_pixels: bool) -> Card | None:
    """The card of ``dataset``; None if it holds pixels that can be tried."""
    sop_class = text(dataset, "SOPClassUID") or _meta(dataset, "MediaStorageSOPClassUID")
    syntax = _meta(dataset, "TransferSyntaxUID")
    name = uid.UID(sop_class).name if sop_class else "Unknown object"
    if has_pixels and syntax.startswith(_VIDEO) and len(syntax) > len(_VIDEO[0]):
        return Card(name, f"A video ({uid.UID(syntax).name}). This preview does not play videos.", caption)
    if has_pixels:
        return None
    kind = next((words for start, words in _KINDS.items() if sop_class.startswith(start)), "")
    return Card(name, f"{kind or 'An object'} without pixel data: there is no image to show.", caption)


def undecodable(reason: str, caption: Caption | None = None) -> Card:
    """The card of an image that cannot be drawn."""
    return Card("This image cannot be shown", reason[:1].upper() + reason[1:] + ".", caption or Caption())


def _meta(dataset: Dataset, keyword: str) -> str:
    meta = getattr(dataset, "file_meta", None)
    return text(meta, keyword) if meta is not None else ""
