"""Define the message for the user, and the class that all errors derive from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar, Self


class UserMessage(str):
    """A message for the user, or an end of one: filled in already, and translatable.

    Attributes:
        template: The message with names in braces, if it has ``facts``; else as it is.
        facts: What is filled in; those that are messages themselves are translated, too.
    """

    template: str
    facts: dict[str, object]

    def __new__(cls, template: str, **facts: object) -> Self:
        """Fill ``facts`` into ``template``; a message alone stays what it is."""
        if isinstance(template, cls) and not facts:
            facts, template = template.facts, template.template
        made = super().__new__(cls, template.format(**facts) if facts else template)
        made.template, made.facts = template, facts
        return made

    @classmethod
    def joined(cls, between: str, parts: Iterable[str]) -> Self:
        """The parts that are not empty, with ``between`` between them."""
        facts = {f"part{number}": part for number, part in enumerate(parts) if part}
        return cls(between.join(f"{{{name}}}" for name in facts), **facts)


@dataclass(eq=False)
class WorkstationError(Exception):
    """An error with a cause outside our own code, explained by one message.

    Attributes:
        template: The message, with the field names in braces.
        message_fields: The fields that are texts of ours, too; each becomes a :class:`UserMessage`.
    """

    template: ClassVar[str] = "Something went wrong."
    message_fields: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self.message_fields:
            setattr(self, name, UserMessage(getattr(self, name)))
        super().__init__(*(getattr(self, field.name) for field in fields(self)))

    @property
    def message_template(self) -> str:
        """The untranslated message with field names in braces; some classes choose among several."""
        return self.template

    @property
    def facts(self) -> dict[str, object]:
        """The fields by name, as the template needs them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def detail(self) -> str:
        """Codes and raw reasons for the "Details" of a developer; may be empty."""
        return ""

    @property
    def what_to_try(self) -> UserMessage:
        """What the user can try; empty if nothing is known to help."""
        return UserMessage("")

    @property
    def status(self) -> int | None:
        """The DIMSE status behind it, if one was received."""
        return None

    @property
    def message(self) -> UserMessage:
        """The message for the user."""
        return UserMessage(self.message_template, **self.facts)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(eq=False)
class BadInput(WorkstationError):
    """What the user typed or configured cannot be used.

    Attributes:
        what: Which input, in the words of the screen ("AE title", "port").
        value: What was given.
        advice: What would be accepted.
    """

    what: str
    value: str
    advice: str
    template: ClassVar[str] = "“{value}” is not a usable {what}: {advice}"
    message_fields: ClassVar[tuple[str, ...]] = ("what", "advice")

    @property
    def message_template(self) -> str:
        return self.template if self.value else "No {what} is given: {advice}"

    @property
    def verdict(self) -> UserMessage:
        """The same as an end of another message, without the advice."""
        return UserMessage("“{value}” is not a usable {what}", value=self.value, what=self.what)
