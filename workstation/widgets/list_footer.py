"""Tell below the list how much of it the filter shows, and how many rows are selected."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget
from typing_extensions import override

from workstation.models.tree_model import TreeModel
from workstation.widgets.tree_view import TreeView


class ListFooter(QLabel):
    """The end of the footer: "3 new · 12 of 57 shown · 1 selected"; empty where there is none of it."""

    def __init__(self, model: TreeModel, view: TreeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._view = model, view
        self.setObjectName("quiet")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._reserved = self._width_of(new=False, filtered=False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        model.layoutChanged.connect(self._show)
        model.modelReset.connect(self._show)
        view.selection_changed.connect(self._show)

    @override
    def sizeHint(self) -> QSize:
        """The same whatever the numbers are: nothing beside it moves while rows come and are selected.

        It is larger while there is a filter: else that room is for how many studies were found, at the left.
        """
        return QSize(self._reserved, super().sizeHint().height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def refresh(self) -> None:
        """Show the number of new studies, which is another one now."""
        self._show()

    def _show(self) -> None:
        new, shown = self._model.new_studies.count, self._model.visible.filtered_count
        text = self._said(new, shown, self._model.results.study_count, self._view.selection.count)
        if text != self.text():
            self._reserved = self._width_of(new=bool(new), filtered=shown is not None)
            self.setText(text)

    def _width_of(self, *, new: bool, filtered: bool) -> int:
        """The width of the most that is usually said."""
        most = self._said(99 if new else 0, 9999 if filtered else None, 9999, 999)
        return self.fontMetrics().horizontalAdvance(most)

    def _said(self, new: int, shown: int | None, total: int, selected: int) -> str:
        parts = []
        if new:
            parts.append(self.tr("{n} new").format(n=new))
        if shown is not None:
            parts.append(self.tr("{shown} of {total} shown").format(shown=shown, total=total))
        if selected:
            parts.append(self.tr("{n} selected").format(n=selected))
        return " · ".join(parts)
