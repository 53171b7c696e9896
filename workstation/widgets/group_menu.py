"""The menu of the header of a group."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from workstation.models.study_groups import GroupRow
from workstation.widgets.group_folding import GroupFolding


class GroupMenu(QMenu):
    """Opens and closes groups, and selects the studies of one, for what is then done with them."""

    def __init__(self, groups: GroupFolding, group: GroupRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        is_open = groups.is_open(group)
        fold = self.addAction(self.tr("Close this group") if is_open else self.tr("Open this group"))
        fold.triggered.connect(lambda: groups.fold(group, open_=not is_open))
        self.addAction(self.tr("Close all groups")).triggered.connect(lambda: groups.fold_all(open_=False))
        self.addAction(self.tr("Open all groups")).triggered.connect(lambda: groups.fold_all(open_=True))
        self.addSeparator()
        words = self.tr("Select its study") if group.count == 1 else self.tr("Select its {n} studies")
        select = self.addAction(words.format(n=group.count))
        select.setEnabled(is_open)
        select.triggered.connect(lambda: groups.select(group))
