"""Write the tool tips of the result tree, and what is wrong with a row."""

from __future__ import annotations

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.uids import is_placeholder_uid
from workstation.models.cell_texts import whole_date
from workstation.models.columns import COLUMNS, Column, cell
from workstation.models.completeness import state_tip
from workstation.models.compression_texts import compression_tip
from workstation.models.first_column import age_and_sex, detail
from workstation.models.images_column import images_tip
from workstation.models.mark_texts import mark_lines
from workstation.models.rows import Row
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translate, translated

_UIDS = {
    Level.PATIENT: "",
    Level.STUDY: "Study {uid}",
    Level.SERIES: "Series {uid}",
    Level.IMAGE: "Image {uid}",
}
_ASIDE = (
    "The archive told these, and our own check finds that they differ from what was asked for. They are not"
    " counted, and are fetched only when you choose them."
)


def tip(row: Row, column: int, *, new: bool = False) -> str:
    """Write the tool tip of a cell; markup that a peer sends is shown as it is.

    The whole of a text that may be cut off; elsewhere what the row is. ``new``: it came with a refresh, and
    was not looked at yet.
    """
    if row.is_line:
        return display.tool_tip(translate(_ASIDE))
    if row.error:
        return display.tool_tip(row.message)
    if differs_in(row, column):
        return display.tool_tip("\n".join([cell(row, column), *remarks(row)]))
    if own := _cell_tip(row, column):
        return display.tool_tip(own)
    name = row.patient.name
    lines = [
        *(SHOWN_NAMES.groups(name) or [SHOWN_NAMES.written(name) or translate("(no name)")]),
        " · ".join(filter(None, (display.plain(row.patient.patient_id), age_and_sex(row)))),
    ]
    if row.doubtful or (row.stands_alone and row.top.doubtful):
        lines.append(
            translate("Another patient here has the same patient ID with another name or birth date.")
        )
    if row.level is not Level.PATIENT:
        facts = detail(row) if row.level is Level.IMAGE else whole_date(row)
        lines += [cell(row, Column.NAME), facts]
    if not is_placeholder_uid(row.uid) and (row.level is Level.STUDY or row.fault):
        lines.append(translate(_UIDS[row.level], uid=display.plain(row.uid)))
    if new:
        lines.append(translate("Came when the list was refreshed"))
    lines += [*_series_facts(row), *remarks(row), *mark_lines(row)]
    return display.tool_tip("\n".join(filter(None, lines)))


def _cell_tip(row: Row, column: int) -> str:
    """What only this cell is about: the whole of a text that may be cut off, and what is known of it."""
    if column == Column.COMPRESSION:
        return "\n".join(compression_tip(row))
    if column == Column.IMAGES:
        return images_tip(row)
    whole = cell(row, column) if COLUMNS[column].may_be_cut_off else ""
    if whole and column == Column.STATE and row.level is not Level.IMAGE:
        return "\n".join((whole, state_tip(row.state)))
    return whole


def _series_facts(row: Row) -> list[str]:
    """What is told of a series beside its name, and of the compression of an image, each with a word."""
    if row.level is Level.SERIES:
        facts = {
            "Body part: {fact}": cell(row, Column.BODY_PART),
            "Protocol: {fact}": cell(row, Column.PROTOCOL),
            "Slice thickness: {fact}": cell(row, Column.THICKNESS),
        }
        return [translate(words, fact=fact) for words, fact in facts.items() if fact] + compression_tip(row)
    return compression_tip(row) if row.level is Level.IMAGE else []


def remarks(row: Row) -> list[str]:
    """Return what is wrong with an answer, and how it differs from what was asked for, a message each."""
    return [translated(one) for one in (row.fault, *row.differs.values()) if one]


def differs_in(row: Row, column: int) -> bool:
    """Tell whether what a cell shows is what does not look like what was asked for."""
    return _differs(row, column, row.level) or (row.stands_alone and _differs(row, column, Level.PATIENT))


def heading_differs(row: Row, column: int) -> bool:
    """Tell the same of what a cell begins with: in the first column it may be the name of the patient."""
    alone = column == Column.NAME and row.stands_alone
    return _differs(row, column, Level.PATIENT) if alone else differs_in(row, column)


def detail_differs(row: Row) -> bool:
    """Tell the same of what stands behind the name of the patient in the first column."""
    return row.stands_alone and _differs(row, Column.NAME, Level.STUDY)


def _differs(row: Row, column: int, level: Level) -> bool:
    return bool(row.differs) and COLUMNS[column].criteria.get(level) in row.differs
