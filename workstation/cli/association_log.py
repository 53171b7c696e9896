"""The association talk with identifiers and answers, as ``findscu -d`` shows it (``-v -v``)."""

from __future__ import annotations

from workstation.cli.dataset_listing import listing
from workstation.cli.output import Output
from workstation.network.trace import Event

WARNING = "This talk shows identifiers and answers: they hold patient data."


class AssociationLog:
    """An observer that takes identifiers, too."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __call__(self, event: Event) -> None:
        """A line of the talk."""
        self._output.event(event)

    def identifier(self, sent: bool, data: bytes, transfer_syntax: str) -> None:
        """The elements of an identifier, as far as it can be read."""
        from workstation.dicom.json_model import json_model
        from workstation.dicom.lenient_dataset import read

        elements, whole = read(data, transfer_syntax)
        what = f"{'→' if sent else '←'} identifier{'' if whole else ', which breaks off'}"
        self._output.talk(what, listing(elements, "          "), json_model(elements))
