"""Words for a person, in English here and translated where they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Words:
    """A template that can be translated, and facts that go into it, which may be such words themselves."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.template.format(**self.facts)


Text: TypeAlias = str | Words
"""What a person reads: a text of the object's, shown as it is, or words of ours."""


def said(template: str, **facts: object) -> Words:
    """Words with these facts."""
    return Words(template, facts)


def joined(between: str, parts: Iterable[Text]) -> Words:
    """The parts that are not empty, with ``between`` between them."""
    facts = {f"part{number}": part for number, part in enumerate(parts) if part}
    return Words(between.join(f"{{{name}}}" for name in facts), facts)
