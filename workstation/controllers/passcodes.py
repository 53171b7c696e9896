"""Passcodes of nodes: from the system's keyring, or asked for once a session, before a node is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workstation.controllers.nodes import Nodes
from workstation.controllers.sources import Sources
from workstation.dicom.nodes import Identity, Node, Secret
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Run
from workstation.settings import passcodes

Then = Callable[[list[str]], None]
"""Goes on with the keys that can be asked."""


class Passcodes(QObject):
    """Sees that nodes have their passcodes; at most one question is open.

    Signals:
        wanted: Name of a node and its user, whose passcode a person must type.
        keyring_found: This system can keep passcodes.

    Attributes:
        keyring: It was found.
    """

    wanted = Signal(str, str)
    keyring_found = Signal()

    def __init__(self, lanes: Lanes, nodes: Nodes, sources: Sources) -> None:
        super().__init__()
        self._lanes = lanes
        self._nodes = nodes
        self._sources = sources
        self.keyring = False
        self._looked_for = False
        self._round = 0
        self._keys: list[str] = []
        self._missing: list[Node] = []
        self._then: Then | None = None

    def look_for_keyring(self) -> None:
        """Find out, once, whether there is a keyring: that may take a while."""
        if self._looked_for:
            return
        self._looked_for = True
        job = self._lanes.submit(
            "keyring", Purpose.ASK, "look for a keyring", lambda run: passcodes.available()
        )
        job.ended.connect(self._looked_for_keyring)

    def unlock(self, keys: Sequence[str], then: Then) -> None:
        """Get what the nodes ``keys`` need, then go on; at once if nothing is missing."""
        self._round += 1
        self._keys, self._then = list(keys), then
        self._missing = self._locked()
        kept = [(node.name, node.identity) for node in self._missing if _secret(node) is Secret.KEPT]
        if not kept:
            self._ask()
            return

        def work(run: Run) -> dict[str, str]:
            found = {name: passcodes.kept(name, identity.user) for name, identity in kept if identity}
            return {name: passcode for name, passcode in found.items() if passcode is not None}

        asked = self._round
        job = self._lanes.submit("keyring", Purpose.ASK, "look into the keyring", work)
        job.ended.connect(lambda ended: self._looked(asked, ended))

    def answer(self, name: str, passcode: str | None) -> None:
        """What a person typed for a node; None: they would not, so it is left out."""
        if not self._missing or self._missing[0].name != name:
            return
        if passcode is None:
            self._keys.remove(name)
        else:
            self._nodes.give_passcode(name, passcode)
        self._missing = [node for node in self._locked() if node.name in self._keys]
        self._ask()

    def keep(self, node: Node, before: Node | None = None) -> None:
        """Bring the keyring up to date after ``node`` was made, edited (``before``: as it was)."""
        old, new = _account(before), _account(node)
        passcode = node.identity.passcode if node.identity is not None else None

        def work(run: Run) -> None:
            code = passcode
            if old is not None and old != new:
                code = passcodes.kept(*old) if code is None else code
                passcodes.forget(*old)
            if new is not None and code is not None:
                passcodes.keep(*new, code)

        if old != new or (new is not None and passcode is not None):
            self._lanes.submit("keyring", Purpose.TRANSFER, "keep a passcode", work)

    def forget(self, node: Node) -> None:
        """The node is gone; so is its passcode."""
        account = _account(node)
        if account is not None:
            self._lanes.submit(
                "keyring", Purpose.TRANSFER, "forget a passcode", lambda run: passcodes.forget(*account)
            )

    def _locked(self) -> list[Node]:
        nodes = [node for key in self._keys if (node := self._sources.node(key)) is not None]
        return [node for node in nodes if _secret(node) is not Secret.NONE and not _has_passcode(node)]

    def _looked(self, asked: int, ended: Ended) -> None:
        if asked != self._round:
            return
        if isinstance(ended.result, dict):
            for name, passcode in ended.result.items():
                self._nodes.give_passcode(name, passcode)
        self._missing = self._locked()
        self._ask()

    def _looked_for_keyring(self, ended: Ended) -> None:
        if ended.result is True:
            self.keyring = True
            self.keyring_found.emit()

    def _ask(self) -> None:
        if self._missing:
            node = self._missing[0]
            self.wanted.emit(node.name, node.identity.user if node.identity is not None else "")
        elif self._then is not None:
            then, self._then = self._then, None
            then(self._keys)


def _secret(node: Node) -> Secret:
    return node.identity.secret if node.identity is not None else Secret.NONE


def _has_passcode(node: Node) -> bool:
    return isinstance(node.identity, Identity) and node.identity.passcode is not None


def _account(node: Node | None) -> tuple[str, str] | None:
    """Under what the keyring knows a node's passcode; None if it knows none."""
    if node is None or node.identity is None or node.identity.secret is not Secret.KEPT:
        return None
    return node.name, node.identity.user
