"""Detect the character set of C-FIND answers that name none, by what else the node sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workstation.dicom.matches import Match, PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.text import LIKELY_GB18030, is_surely_gb18030
from workstation.network.find import FindResponse
from workstation.operations.node_quirks import NodeQuirks

Read = Callable[[Node, FindResponse, int], Match]
"""Makes a row of an answer, given which answer to its query it is."""


class AnswerReader:
    """Makes rows of the answers to one query.

    In GB18030 the second byte of rarer characters may be an ASCII letter: 祎 looks like ``µt`` in Latin-1.
    Answers that may be read so wait until others of the node are GB18030 beyond doubt, or the query ends.
    """

    def __init__(self, node: Node, quirks: NodeQuirks, read: Read) -> None:
        """A character set configured for the node is taken as true."""
        self._node = node
        self._quirks = quirks
        self._read = read
        self._waiting: list[tuple[Match, Match]] = []

    def rows(self, found: FindResponse, number: int) -> list[Match]:
        """The rows whose character set is decided now; that of this answer may still have to wait.

        Args:
            found: An answer.
            number: Which it is.
        """
        row = self._read(self._node, found, number)
        patient = row.patient if isinstance(row, StudyMatch) else row
        names_charset = isinstance(patient, PatientMatch) and patient.charset
        if names_charset or self._node.charset or found.data.isascii():
            return [row]
        if isinstance(patient, PatientMatch) and is_surely_gb18030(patient.raw_name):
            self._quirks.sent_gb18030(self._node, patient.raw_name)
        likely = self._read(replace(self._node, charset=LIKELY_GB18030), found, number)
        if self._quirks.sends_gb18030(self._node):
            return [*self.rest(), likely]
        if likely == row:
            return [row]
        self._waiting.append((row, likely))
        return []

    def rest(self) -> list[Match]:
        """Those that waited; to be asked for when the query has ended."""
        waiting, self._waiting = self._waiting, []
        sure = self._quirks.sends_gb18030(self._node)
        return [likely if sure else row for row, likely in waiting]
