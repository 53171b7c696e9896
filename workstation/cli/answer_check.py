"""Count the answers that do not fit a search typed in one line: archives ignore keys without saying so."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from workstation.cli.output import printable
from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.dicom.mismatch import KEY
from workstation.dicom.mismatches import mismatch
from workstation.dicom.other_key_matching import untold
from workstation.dicom.search_line import search_line
from workstation.operations.find_answers import to_match

if TYPE_CHECKING:
    from workstation.cli.output import Output
    from workstation.dicom.nodes import Node
    from workstation.network.find import FindResponse


class AnswerCheck:
    """What the window would set aside, of answers that are all printed (PS3.4 C.2.2.2)."""

    def __init__(self, node: Node, words: str) -> None:
        """No answer has come yet; ``words`` is the line."""
        self._node = node
        self._criteria = search_line(words, datetime.now()).criteria
        self._looked_at = self._unfit = 0
        self._ignored = Counter[str]()
        self._untold = Counter[str]()

    def look_at(self, answer: FindResponse) -> None:
        """Compare an answer with the line."""
        self._looked_at += 1
        others = self._criteria.others
        match = to_match(Level.STUDY, self._node, answer, self._looked_at, others)
        assert isinstance(match, StudyMatch)
        if (found := mismatch(self._criteria, match)) is not None:
            self._unfit += 1
            self._ignored.update(differing.removeprefix(KEY) for differing in found.differs)
        self._untold.update(untold(others, match.told))

    def explain(self, output: Output) -> None:
        """Tell how many do not fit, and by what; and what could not be checked."""
        label = printable(self._node.label)
        if self._unfit:
            ignored = ", ".join(sorted(self._ignored))
            verb = "does" if self._unfit == 1 else "do"
            output.error(f"{label}: {self._unfit} of these {verb} not look like what was typed ({ignored}).")
        for path, count in sorted(self._untold.items()):
            output.remark(f"{label}: {path} could not be checked for {count}.")
