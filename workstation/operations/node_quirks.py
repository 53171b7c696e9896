"""Remember what was learnt about nodes, so that it need not be found out again."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from enum import StrEnum
from pathlib import Path

from workstation.dicom.levels import Level
from workstation.dicom.nodes import MAX_ASSOCIATIONS, Node, WorklistOffer
from workstation.errors import StoreError
from workstation.operations.association_limit import AssociationBudget
from workstation.settings.learnt import WEEK, ArchiveAddress, read_learnt, write_learnt

_log = logging.getLogger(__name__)

_PROOFS = 2
"""Different names that show what a node's texts are written in."""


class _Fact(StrEnum):
    """What is kept between two runs of the program, for a week: the archive may change."""

    PLAIN_KEYS_ONLY = "refuses optional keys"
    NO_GET = "sends nothing by C-GET"
    MANY_CONTEXTS_FAILED = "failed once on many presentation contexts"
    FEW_CONTEXTS = "takes few presentation contexts"
    NO_LISTS = "refuses lists of UIDs"
    NO_IMAGE_LEVEL = "refuses queries at IMAGE level"
    NO_SINGLE_IMAGES = "refuses to send single images"
    NO_OPTIONS = "fails on extended negotiation of queries"
    WORKLIST = "offers a worklist"
    NO_WORKLIST = "offers no worklist"
    PLAIN_WORKLIST_KEYS = "refuses optional keys of a worklist"


_AT_MOST = {number: f"takes {number} associations at once" for number in range(1, MAX_ASSOCIATIONS)}
_LIMITS = {
    number: f"answers {number} studies at most"
    for number in sorted(
        {
            *range(100, 1000, 50),
            *range(1000, 10_000, 500),
            *range(10_000, 100_001, 5000),
            *(2**power for power in range(7, 17)),
        }
    )
}
"""Round numbers, which limits of archives are."""

_NO_EXTRA_KEYS = {level: f"refuses extra keys at {level} level" for level in Level}
_NO_DETAILS = {level: f"refuses details at {level} level" for level in Level}
_ENDED_ON_KEYS = {level: f"ended an association once on keys at {level} level" for level in Level}
_FACTS = (
    *(*_Fact, *_AT_MOST.values(), *_LIMITS.values()),
    *(*_NO_EXTRA_KEYS.values(), *_NO_DETAILS.values(), *_ENDED_ON_KEYS.values()),
)


class NodeQuirks:
    """Shared by all operations of a process; thread-safe.

    Facts that cost associations to find out are kept in a file, too, if there is one: until they are a week
    old, turn out wrong, or the node gets another address or AE title.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Know what ``path`` holds, which is read when it is needed; None: only the process knows."""
        self._path = path
        self._lock = threading.RLock()
        self._read: dict[ArchiveAddress, dict[str, float]] | None = None
        self._cases: set[ArchiveAddress] = set()
        self._unreleased: set[ArchiveAddress] = set()
        self._slow: set[ArchiveAddress] = set()
        self._slow_to_store: set[ArchiveAddress] = set()
        self._budgets: dict[tuple[str, str, int], AssociationBudget] = {}
        self._gb18030: dict[ArchiveAddress, set[int]] = defaultdict(set)
        self._most_answers: dict[ArchiveAddress, int] = defaultdict(int)
        self._round_counts: dict[ArchiveAddress, set[int]] = defaultdict(set)

    def load(self) -> None:
        """Read the file now, if that was not done yet."""
        with self._lock:
            if self._read is None:
                self._read = {} if self._path is None else read_learnt(self._path, _FACTS)

    @property
    def _kept(self) -> dict[ArchiveAddress, dict[str, float]]:
        self.load()
        assert self._read is not None
        return self._read

    def _holds(self, node: Node, fact: str) -> bool:
        with self._lock:
            learnt = self._kept.get(_archive(node), {}).get(fact)
        return learnt is not None and 0 <= time.time() - learnt < WEEK

    def _learn(self, node: Node, fact: str, holds: bool = True) -> None:
        if self._holds(node, fact) == holds:
            return
        with self._lock:
            _set(self._kept, _archive(node), fact, holds)
            if self._path is None:
                return
            try:  # another process may have learnt something, too
                kept = read_learnt(self._path, _FACTS)
                _set(kept, _archive(node), fact, holds)
                write_learnt(self._path, kept)
            except StoreError as error:  # it is learnt again
                _log.info("what was learnt about an archive could not be kept: %s", error)

    def plain_keys_only(self, node: Node) -> bool:
        """It refused a query with optional keys."""
        return self._holds(node, _Fact.PLAIN_KEYS_ONLY)

    def refuses_optional_keys(self, node: Node) -> None:
        """Remember :meth:`plain_keys_only`."""
        self._learn(node, _Fact.PLAIN_KEYS_ONLY)

    def refuses_extra_keys_at(self, node: Node, level: Level) -> bool:
        """It refused a query with keys for columns that are shown, and took it without them."""
        return self._holds(node, _NO_EXTRA_KEYS[level])

    def refuses_extra_keys(self, node: Node, level: Level) -> None:
        """Remember :meth:`refuses_extra_keys_at`."""
        self._learn(node, _NO_EXTRA_KEYS[level])

    def refuses_details_at(self, node: Node, level: Level) -> bool:
        """It refused a query with keys for details, and took it without them."""
        return self._holds(node, _NO_DETAILS[level])

    def refuses_details(self, node: Node, level: Level) -> None:
        """Remember :meth:`refuses_details_at`."""
        self._learn(node, _NO_DETAILS[level])

    def ended_on_keys(self, node: Node, level: Level) -> bool:
        """Note that it ended an association on a query, and answered one with fewer keys; was that so before?

        Once may have had another reason.
        """
        again = self._holds(node, _ENDED_ON_KEYS[level])
        self._learn(node, _ENDED_ON_KEYS[level])
        return again

    def answers_to_keys(self, node: Node, level: Level) -> None:
        """It answered to all keys: what ended an association before was something else."""
        self._learn(node, _ENDED_ON_KEYS[level], False)

    def lacks_get(self, node: Node) -> bool:
        """It offers no C-GET, or sent nothing by it that it sent by C-MOVE."""
        return self._holds(node, _Fact.NO_GET)

    def offers_no_get(self, node: Node) -> None:
        """Remember :meth:`lacks_get`."""
        self._learn(node, _Fact.NO_GET)

    def sent_by_get(self, node: Node) -> None:
        """Forget :meth:`lacks_get`."""
        self._learn(node, _Fact.NO_GET, False)

    def wants_few_contexts(self, node: Node) -> bool:
        """It failed without a reason on proposals of many presentation contexts, and took few."""
        return self._holds(node, _Fact.FEW_CONTEXTS)

    def failed_on_many_contexts(self, node: Node) -> None:
        """Remember :meth:`wants_few_contexts` if this is the second time.

        Once it may have been busy, or have counted an association that had just ended.
        """
        again = self._holds(node, _Fact.MANY_CONTEXTS_FAILED)
        self._learn(node, _Fact.FEW_CONTEXTS if again else _Fact.MANY_CONTEXTS_FAILED)

    def takes_many_contexts(self, node: Node) -> None:
        """It took many: what failed before was something else."""
        self._learn(node, _Fact.MANY_CONTEXTS_FAILED, False)

    def refuses_lists(self, node: Node) -> bool:
        """It refused to send what was named in a list of UIDs, and sent it otherwise."""
        return self._holds(node, _Fact.NO_LISTS)

    def takes_no_lists(self, node: Node) -> None:
        """Remember :meth:`refuses_lists`."""
        self._learn(node, _Fact.NO_LISTS)

    def lacks_image_level(self, node: Node) -> bool:
        """It refused a query at IMAGE level."""
        return self._holds(node, _Fact.NO_IMAGE_LEVEL)

    def offers_no_image_level(self, node: Node) -> None:
        """Remember :meth:`lacks_image_level`."""
        self._learn(node, _Fact.NO_IMAGE_LEVEL)

    def lacks_single_images(self, node: Node) -> bool:
        """It refused to send an image by its SOP Instance UID, of several series."""
        return self._holds(node, _Fact.NO_SINGLE_IMAGES)

    def sends_no_single_images(self, node: Node) -> None:
        """Remember :meth:`lacks_single_images`."""
        self._learn(node, _Fact.NO_SINGLE_IMAGES)

    def fails_on_options(self, node: Node) -> bool:
        """No association could be opened with extended negotiation of queries, but without."""
        return self._holds(node, _Fact.NO_OPTIONS)

    def failed_on_options(self, node: Node) -> None:
        """Remember :meth:`fails_on_options`."""
        self._learn(node, _Fact.NO_OPTIONS)

    def offers_worklist(self, node: Node) -> bool | None:
        """Whether it accepted to be asked for a worklist; None: that is not known."""
        if self._holds(node, _Fact.WORKLIST):
            return True
        return False if self._holds(node, _Fact.NO_WORKLIST) else None

    def worklist_offered(self, node: Node) -> bool | None:
        """Whether it has a worklist, as the user says, else as :meth:`offers_worklist`."""
        if node.worklist is WorklistOffer.AUTOMATIC:
            return self.offers_worklist(node)
        return node.worklist is WorklistOffer.YES

    def has_worklist(self, node: Node, offered: bool) -> None:
        """Remember :meth:`offers_worklist`."""
        self._learn(node, _Fact.WORKLIST, offered)
        self._learn(node, _Fact.NO_WORKLIST, not offered)

    def plain_worklist_keys(self, node: Node) -> bool:
        """It refused a query of its worklist with optional keys."""
        return self._holds(node, _Fact.PLAIN_WORKLIST_KEYS)

    def refuses_optional_worklist_keys(self, node: Node) -> None:
        """Remember :meth:`plain_worklist_keys`."""
        self._learn(node, _Fact.PLAIN_WORKLIST_KEYS)

    def refused_associations(self, node: Node) -> list[int]:
        """Numbers of associations at once beyond which it refused, or ended, one more."""
        return [number for number, fact in _AT_MOST.items() if self._holds(node, fact)]

    def most_associations(self, node: Node, asked: int | None = None) -> int:
        """How many a transfer may have open at once, by the settings and by what was refused.

        One of those that an archive takes is left free for queries, unless a number was asked for.
        """
        taken = self.refused_associations(node)
        if asked is not None:
            return min([asked, *taken])
        return max(1, min([node.associations, *(number - 1 for number in taken)]))

    def takes_associations(self, node: Node, number: int) -> None:
        """Remember one of :meth:`refused_associations`."""
        if number in _AT_MOST:
            self._learn(node, _AT_MOST[number])

    def served_associations(self, node: Node, number: int) -> None:
        """Forget what it seemed to refuse of so many at once: it has served them."""
        for refused in self.refused_associations(node):
            if refused < number:
                self._learn(node, _AT_MOST[refused], False)

    def seems_limited(self, node: Node, count: int) -> bool:
        """Note how many answers a search had; whether the archive seems to answer so many at most.

        It does if it has answered the same round number before, and never more than that.
        """
        with self._lock:
            archive = _archive(node)
            if count < self._most_answers[archive]:
                return False
            self._most_answers[archive] = count
            seen = self._round_counts[archive]
            again = count in seen
            if count in _LIMITS:
                seen.add(count)
        for number, fact in _LIMITS.items():
            if number < count:
                self._learn(node, fact, False)
        if again:
            self._learn(node, _LIMITS[count])
        return self.is_limited_to(node, count)

    def is_limited_to(self, node: Node, count: int) -> bool:
        """Whether an archive seems to answer so many at most: :meth:`seems_limited`."""
        return count in _LIMITS and self._holds(node, _LIMITS[count])

    def is_not_limited_to(self, node: Node, count: int) -> None:
        """Forget :meth:`seems_limited`: there were no more than these."""
        with self._lock:
            self._round_counts[_archive(node)].discard(count)
        if count in _LIMITS:
            self._learn(node, _LIMITS[count], False)

    def is_slow(self, node: Node) -> bool:
        """Over one association it sent much less than a near network carries."""
        return _archive(node) in self._slow

    def sends_slowly(self, node: Node, slow: bool) -> None:
        """Remember, or forget, :meth:`is_slow`."""
        with self._lock:
            (self._slow.add if slow else self._slow.discard)(_archive(node))

    def takes_in_slowly(self, node: Node) -> bool:
        """Over one association it took much less than a near network carries."""
        return _archive(node) in self._slow_to_store

    def stored_slowly(self, node: Node, slow: bool) -> None:
        """Remember, or forget, :meth:`takes_in_slowly`."""
        with self._lock:
            (self._slow_to_store.add if slow else self._slow_to_store.discard)(_archive(node))

    def budget(self, node: Node) -> AssociationBudget:
        """The associations to it that all retrieves and sendings share."""
        with self._lock:
            return self._budgets.setdefault(
                (node.ae_title, node.host.casefold(), node.port), AssociationBudget()
            )

    def ignores_releases(self, node: Node) -> bool:
        """It left a request to release the association unanswered."""
        return _archive(node) in self._unreleased

    def ignored_a_release(self, node: Node) -> None:
        """Remember :meth:`ignores_releases`."""
        self._unreleased.add(_archive(node))

    def is_case_sensitive(self, node: Node) -> bool:
        """It finds names only as they are written: in capitals, as a rule."""
        return _archive(node) in self._cases

    def found_in_capitals(self, node: Node) -> None:
        """Remember :meth:`is_case_sensitive`."""
        self._cases.add(_archive(node))

    def sends_gb18030(self, node: Node) -> bool:
        """Names that it sent without a character set were GB18030 beyond doubt."""
        with self._lock:
            return len(self._gb18030[_archive(node)]) >= _PROOFS

    def sent_gb18030(self, node: Node, name: bytes) -> None:
        """Remember one such name for :meth:`sends_gb18030`; no more of it than that it was another one."""
        with self._lock:
            known = self._gb18030[_archive(node)]
            if len(known) < _PROOFS:
                known.add(hash(name))


def _archive(node: Node) -> ArchiveAddress:
    return ArchiveAddress(node.ae_title, node.host.casefold(), node.port, node.calling_ae_title)


def _set(
    kept: dict[ArchiveAddress, dict[str, float]], archive: ArchiveAddress, fact: str, holds: bool
) -> None:
    facts = kept.setdefault(archive, {})
    if holds:
        facts[fact] = time.time()
    else:
        facts.pop(fact, None)
