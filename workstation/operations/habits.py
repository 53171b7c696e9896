"""What was learnt about nodes while the program runs, so that nobody has to find it out twice."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from workstation.dicom.nodes import Node

_Key = tuple[str, str, int]
_PROOFS = 2
"""Different names that show what a node's texts are written in."""


@dataclass(slots=True)
class _Habit:
    plain_keys_only: bool = False
    no_get: bool = False
    few_contexts: bool = False
    tells_cases_apart: bool = False
    gb18030: set[int] = field(default_factory=set)


class Habits:
    """Shared by all operations of a process; thread-safe, forgotten at its end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[_Key, _Habit] = {}

    def _of(self, node: Node) -> _Habit:
        with self._lock:
            return self._known.setdefault((node.ae_title, node.host, node.port), _Habit())

    def plain_keys_only(self, node: Node) -> bool:
        """It refused a query with optional keys."""
        return self._of(node).plain_keys_only

    def refuses_optional_keys(self, node: Node) -> None:
        """Remember :meth:`plain_keys_only`."""
        self._of(node).plain_keys_only = True

    def lacks_get(self, node: Node) -> bool:
        """It offers no C-GET."""
        return self._of(node).no_get

    def offers_no_get(self, node: Node) -> None:
        """Remember :meth:`lacks_get`."""
        self._of(node).no_get = True

    def wants_few_contexts(self, node: Node) -> bool:
        """It fell silent on a proposal of many presentation contexts."""
        return self._of(node).few_contexts

    def fails_on_many_contexts(self, node: Node) -> None:
        """Remember :meth:`wants_few_contexts`."""
        self._of(node).few_contexts = True

    def tells_cases_apart(self, node: Node) -> bool:
        """It finds names only as they are written: in capitals, as a rule."""
        return self._of(node).tells_cases_apart

    def found_in_capitals(self, node: Node) -> None:
        """Remember :meth:`tells_cases_apart`."""
        self._of(node).tells_cases_apart = True

    def sends_gb18030(self, node: Node) -> bool:
        """Names that it sent without a character set were GB18030 beyond doubt."""
        return len(self._of(node).gb18030) >= _PROOFS

    def sent_gb18030(self, node: Node, name: bytes) -> None:
        """Remember one such name for :meth:`sends_gb18030`; no more of it than that it was another one."""
        known = self._of(node)
        if len(known.gb18030) < _PROOFS:
            known.gb18030.add(hash(name))
