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
        usual = self.tr("{shown} of {total} shown").format(shown=9999, total=9999)
        new = self.tr("{n} new").format(n=99)
        words = " · ".join([new, usual, self.tr("{n} selected").format(n=999)])
        self._usual = self.fontMetrics().horizontalAdvance(words)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        model.layoutChanged.connect(self._show)
        model.modelReset.connect(self._show)
        view.selection_changed.connect(self._show)

    @override
    def sizeHint(self) -> QSize:
        """The same whatever is said: nothing beside it moves."""
        return QSize(self._usual, super().sizeHint().height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def refresh(self) -> None:
        """Show the number of new studies, which is another one now."""
        self._show()

    def _show(self) -> None:
        parts = []
        if new := self._model.new_studies.count:
            parts.append(self.tr("{n} new").format(n=new))
        shown = self._model.visible.filtered_count
        if shown is not None:
            total = self._model.results.study_count
            parts.append(self.tr("{shown} of {total} shown").format(shown=shown, total=total))
        if selected := self._view.selection.count:
            parts.append(self.tr("{n} selected").format(n=selected))
        text = " · ".join(parts)
        if text != self.text():
            self.setText(text)
