"""An archive that takes a key for Patient's Name as literally as the standard lets it (PS3.4 C.2.2.2).

It tells accents apart. Either it compares the whole value and tells letter cases apart, too, or it compares
component by component, so that no star reaches beyond a ``^``: the rules of two archives in wide use.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from io import BytesIO

from pydicom import dcmread

from tests.peers import wire
from tests.peers.peer import Talk
from tests.peers.wire import Message

_REFUSED = 0xC001


class LiteralArchive:
    """Plays for each connection; one study for each name.

    Attributes:
        keys: Patient's Name of each query that was asked, in order.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        by_component: bool = False,
        ignores_names: bool = False,
        stars: int | None = None,
    ) -> None:
        """Nothing listens yet: give :meth:`play` to a server.

        Args:
            names: Study dates by the names it has.
            by_component: Compare component by component, else the whole value.
            ignores_names: Answer everybody, whoever is asked for.
            stars: Refuse keys with more stars than this.
        """
        self.keys: list[str] = []
        self._names = names
        self._by_component = by_component
        self._ignores_names = ignores_names
        self._stars = stars

    def play(self, talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            if asked.field == wire.FIND_RQ:
                talk.send(wire.response(asked, self._find(talk, asked)))

    def _find(self, talk: Talk, asked: Message) -> int:
        wanted = dcmread(BytesIO(asked.data or b""), force=True)
        key, date = str(wanted.get("PatientName", "")), str(wanted.get("StudyDate", ""))
        self.keys.append(key)
        if self._stars is not None and key.count("*") > self._stars:
            return _REFUSED
        for number, (name, day) in enumerate(self._names.items(), 1):
            if date in ("", day) and (self._ignores_names or self._fits(key, name)):
                row = wire.explicit(
                    (0x00080005, "CS", b"ISO_IR 192"),
                    (0x00080020, "DA", day.encode()),
                    (0x00080052, "CS", b"STUDY"),
                    (0x00100010, "PN", name.encode()),
                    (0x00100020, "LO", f"N{number}".encode()),
                    (0x0020000D, "UI", f"1.2.{number}".encode()),
                )
                talk.send(wire.response(asked, 0xFF00, row))
        return 0

    def _fits(self, key: str, name: str) -> bool:
        if not key:
            return True
        if not self._by_component:
            return fnmatchcase(name, key)
        keys, groups = key.lower().split("="), name.lower().split("=")
        if len(keys) > 1:
            return all(map(_components_fit, keys, [*groups, "", ""]))
        return any(_components_fit(key, group) for key in keys for group in groups)


def _components_fit(key: str, group: str) -> bool:
    return all(
        part in ("", "*") or fnmatchcase(component, part)
        for part, component in zip(key.split("^"), f"{group}^^^^".split("^"), strict=False)
    )
