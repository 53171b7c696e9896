"""Applies what the user entered in the dialogs of nodes and settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Passcodes, Question
from workstation.controllers.settings import Settings
from workstation.dicom.nodes import Node, Secret
from workstation.errors import WorkstationError
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.settings.preferences import Preferences


class Configuration(QObject):
    """Changes nodes with their passcodes, and preferences with what follows them.

    Signals:
        nodes_refused: A :class:`WorkstationError`: the nodes stay as they were.
    """

    nodes_refused = Signal(object)

    def __init__(
        self, *, lanes: Lanes, nodes: Nodes, passcodes: Passcodes, settings: Settings, notices: Notices
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._nodes = nodes
        self._passcodes = passcodes
        self._settings = settings
        self._notices = notices

    def save_node(self, node: Node, position: int | None) -> bool:
        """Keep a new node, or replace the one at ``position``; False if that was refused."""
        before = self._nodes.kept[position] if position is not None else None
        try:
            if position is None:
                self._nodes.add(node)
            else:
                self._nodes.put(position, node)
        except WorkstationError as error:
            self.nodes_refused.emit(error)
            return False
        self._passcodes.keep(node, before)
        return True

    def replace_nodes(self, nodes: tuple[Node, ...]) -> None:
        """Keep these nodes instead; the passcodes of those that are gone are forgotten."""
        gone = [node for node in self._nodes.kept if node not in nodes]
        try:
            self._nodes.set_kept(nodes)
        except WorkstationError as error:
            self.nodes_refused.emit(error)
            return
        for node in gone:
            self._passcodes.forget(node)

    def apply_preferences(self, preferences: Preferences) -> None:
        """Go by ``preferences``; nodes that knew us by the old AE title follow the new one."""
        before = self._settings.preferences
        try:
            self._settings.change(preferences)
            if preferences.ae_title != before.ae_title:
                self._nodes.follow_ae_title(before.ae_title, preferences.ae_title)
        except WorkstationError as error:
            self._notices.show_error(error)

    def look_for_file(self, path: str, then: Callable[[bool], None]) -> None:
        """Call ``then`` with whether ``path`` is a file.

        In a lane of its own: the file may lie on a share that does not answer.
        """
        job = self._lanes.submit(Lane.FILE_LOOKUP, "look for a file", lambda run: _is_file(path), key=path)
        job.ended.connect(lambda ended: then(ended.result is True))


def question_before_echo(node: Node) -> Question | None:
    """What a search would ask the user before it asks this node; None: nothing."""
    identity = node.identity
    if identity is None:
        return None
    typed = node.lacks_passcode and identity.secret is Secret.ASKED
    if not typed and not node.lacks_consent:
        return None
    return Question(node.label, identity.user, typed, node.lacks_consent)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a folder without access; a name that no system takes
        return False
