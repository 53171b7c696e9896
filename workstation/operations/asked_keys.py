"""Choose which keys a query asks for, and plainer ones where an archive cannot answer to all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workstation.dicom.levels import Level
from workstation.dicom.nodes import Node
from workstation.errors import UserMessage
from workstation.operations.find_attributes import extra_fields
from workstation.operations.node_quirks import NodeQuirks


@dataclass(frozen=True, slots=True)
class AskedKeys:
    """Which keys besides the required ones a query has.

    Attributes:
        full: The optional ones.
        others: Further ones that the user typed.
        extra: The fields of a match that are wanted beside those of every query.
        details: Further such fields, left out on their own where they are refused.
    """

    full: bool = True
    others: bool = False
    extra: frozenset[str] = frozenset()
    details: frozenset[str] = frozenset()

    @property
    def fields(self) -> frozenset[str]:
        """All fields that are wanted beside those of every query."""
        return self.extra | self.details


def key_choices(node: Node, quirks: NodeQuirks, level: Level, wanted: AskedKeys) -> list[AskedKeys]:
    """Return what is asked for, then what if that is refused; without the further keys at last."""
    choices = [AskedKeys(full=False)]
    if not quirks.plain_keys_only(node):
        choices.insert(0, AskedKeys())
        of_level = extra_fields(level)
        extra, details = wanted.extra & of_level, (wanted.details - wanted.extra) & of_level
        if quirks.refuses_extra_keys_at(node, level):
            extra = details = frozenset()
        if extra:
            choices.insert(0, AskedKeys(extra=extra))
        if details and not quirks.refuses_details_at(node, level):
            choices.insert(0, AskedKeys(extra=extra, details=details))
    return [*(replace(each, others=True) for each in choices if wanted.others), *choices]


def left_out(refused: AskedKeys, asked: AskedKeys) -> UserMessage:
    """Say what a query leaves out that is asked again."""
    if refused.others and not asked.others:
        return UserMessage("Refused: asked again without the further keys that were typed")
    if refused.details and not asked.details:
        return UserMessage("Refused: asked again without the keys of details")
    if asked.full:
        return UserMessage("Refused: asked again without the keys of further columns")
    return UserMessage("Refused: asked again without optional keys")


def remember_refusal(
    node: Node, quirks: NodeQuirks, level: Level, first: AskedKeys, taken: AskedKeys, *, ended: bool
) -> None:
    """Remember what an archive refused, if anything: of all that was left out only the most usual keys.

    Where it ``ended`` the association instead, that may have had another reason: only the second time counts.
    """
    if first == taken:
        if taken.fields:
            quirks.answers_to_keys(node, level)
        return
    if ended and not quirks.ended_on_keys(node, level):
        return
    if not taken.full:
        quirks.refuses_optional_keys(node)
    elif first.details and (taken.extra or not first.extra):
        quirks.refuses_details(node, level)
    else:
        quirks.refuses_extra_keys(node, level)
