"""Print the association trace with identifiers and answers, as ``findscu -d`` does (``-v -v``)."""

from __future__ import annotations

from workstation.cli.output import Output
from workstation.dicom.dataset_listing import dataset_lines
from workstation.network.trace import Event

WARNING = "This trace shows identifiers and answers: they hold patient data."


class AssociationLog:
    """A network observer that prints identifiers, too."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __call__(self, event: Event) -> None:
        """Print an event of the association."""
        self._output.event(event)

    def identifier(self, sent: bool, data: bytes, transfer_syntax: str) -> None:
        """Print the elements of an identifier, as far as it can be read."""
        from workstation.dicom.json_model import json_model
        from workstation.dicom.lenient_dataset import read

        elements, whole = read(data, transfer_syntax)
        what = f"{'→' if sent else '←'} identifier{'' if whole else ', truncated'}"
        self._output.identifier(what, dataset_lines(elements, "          "), json_model(elements))
