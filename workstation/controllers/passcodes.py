"""Gets the passcodes of nodes before they are asked: from the keyring, or once a session from the user.

One that would go over the network unencrypted also needs the user's consent, once for a host and port.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from workstation.controllers.nodes import Nodes
from workstation.controllers.sources import Sources
from workstation.dicom.nodes import Node, Secret
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Run
from workstation.settings import passcodes

Then = Callable[[list[str]], None]
"""Goes on with the keys that can be asked."""
Unlock = Callable[[Sequence[str], Then], None]
"""Gets what the nodes of these keys need, then goes on; at once if nothing is missing."""


def at_once(keys: Sequence[str], then: Then) -> None:
    """Go on: no node needs a passcode."""
    then(list(keys))


@dataclass(frozen=True, slots=True)
class Question:
    """What the user is asked before a node is.

    Attributes:
        node: Its name.
        user: Whose passcode it is.
        passcode: It must be typed.
        in_clear: It would go out unencrypted, which needs consent.
    """

    node: str
    user: str
    passcode: bool
    in_clear: bool


@dataclass(slots=True)
class _Request:
    """Keys of sources, and what goes on once they can be asked."""

    keys: list[str]
    then: Then


class Passcodes(QObject):
    """Unlocks nodes; at most one question to the user is open.

    Signals:
        wanted: A :class:`Question` for the user.
        keyring_found: This system can keep passcodes.

    Attributes:
        keyring: It was found.
    """

    wanted = Signal(object)
    keyring_found = Signal()

    def __init__(self, lanes: Lanes, nodes: Nodes, sources: Sources) -> None:
        super().__init__()
        self._lanes = lanes
        self._nodes = nodes
        self._sources = sources
        self.keyring = False
        self._looked_for = False
        self._looking = 0
        self._requests: list[_Request] = []
        self._open: Question | None = None

    def look_for_keyring(self) -> None:
        """Find out, once, whether there is a keyring: that may take a while."""
        if self._looked_for:
            return
        self._looked_for = True
        job = self._lanes.submit(
            Lane.KEYRING_READING, "look for a keyring", lambda run: passcodes.keyring_available()
        )
        job.ended.connect(self._looked_for_keyring)

    def unlock(self, keys: Sequence[str], then: Then) -> None:
        """Get what the nodes ``keys`` need, then go on; at once if nothing is missing."""
        request = _Request(list(keys), then)
        locked = self._locked(request)
        if not locked:
            then(request.keys)
            return
        self._requests.append(request)
        kept = [
            (node.name, node.identity.user)
            for node in locked
            if node.lacks_passcode and node.identity is not None and node.identity.secret is Secret.KEPT
        ]
        if not kept:
            self._go_on()
            return

        def work(run: Run) -> dict[str, str]:
            found = {name: passcodes.load_passcode(name, user) for name, user in kept}
            return {name: passcode for name, passcode in found.items() if passcode is not None}

        self._looking += 1
        job = self._lanes.submit(Lane.KEYRING_READING, "look into the keyring", work)
        job.ended.connect(self._looked)

    def answer(self, name: str, passcode: str | None) -> None:
        """What the user answered about a node; None: they would not, so it is left out.

        An answer is consent, too, where that was asked for; ``passcode`` is empty where that alone was.
        """
        question = self._open
        if question is None or question.node != name:
            return
        self._open = None
        if passcode is None:
            for request in self._requests:
                request.keys = [key for key in request.keys if not self._is_locked(key, name)]
        else:
            if question.passcode:
                self._nodes.give_passcode(name, passcode)
            if question.in_clear:
                self._nodes.agree_in_clear(name)
        self._go_on()

    def keep(self, node: Node, before: Node | None = None) -> None:
        """Bring the keyring up to date after ``node`` was made, edited (``before``: as it was)."""
        old, new = _account(before), _account(node)
        passcode = node.identity.passcode if node.identity is not None else None

        def work(run: Run) -> None:
            code = passcode
            if old is not None and old != new:
                code = passcodes.load_passcode(*old) if code is None else code
                passcodes.delete_passcode(*old)
            if new is not None and code is not None:
                passcodes.save_passcode(*new, code)

        if old != new or (new is not None and passcode is not None):
            self._lanes.submit(Lane.KEYRING_WRITING, "keep a passcode", work)

    def forget(self, node: Node) -> None:
        """Remove the passcode of a node that was removed."""
        account = _account(node)
        if account is not None:
            self._lanes.submit(
                Lane.KEYRING_WRITING, "forget a passcode", lambda run: passcodes.delete_passcode(*account)
            )

    def _locked(self, request: _Request) -> list[Node]:
        """The nodes of a request that cannot be asked yet."""
        nodes = [node for key in request.keys if (node := self._sources.node(key)) is not None]
        return [node for node in nodes if node.lacks_passcode or node.lacks_consent]

    def _is_locked(self, key: str, name: str) -> bool:
        """Whether a key is that of the node ``name``, also by an older name, and is locked."""
        node = self._sources.node(key)
        return node is not None and node.name == name and (node.lacks_passcode or node.lacks_consent)

    def _looked(self, ended: Ended) -> None:
        self._looking -= 1
        if isinstance(ended.result, dict):
            for name, passcode in ended.result.items():
                self._nodes.give_passcode(name, passcode)
        self._go_on()

    def _looked_for_keyring(self, ended: Ended) -> None:
        if ended.result is True:
            self.keyring = True
            self.keyring_found.emit()

    def _go_on(self) -> None:
        """Continue the requests that can be; ask the user about the first node that is still locked."""
        ready = [request for request in self._requests if not self._locked(request)]
        self._requests = [request for request in self._requests if request not in ready]
        for request in ready:
            request.then(request.keys)
        if self._open is not None or self._looking or not self._requests:
            return
        node = self._locked(self._requests[0])[0]
        user = node.identity.user if node.identity is not None else ""
        self._open = Question(node.name, user, node.lacks_passcode, node.lacks_consent)
        self.wanted.emit(self._open)


def _account(node: Node | None) -> tuple[str, str] | None:
    """Name and user under which the keyring keeps a node's passcode; None if it does not."""
    if node is None or node.identity is None or node.identity.secret is not Secret.KEPT:
        return None
    return node.name, node.identity.user
