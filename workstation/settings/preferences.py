"""Declares the preferences, and reads and writes them: ``settings.json``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from workstation.dicom.date_periods import check_own_periods
from workstation.dicom.nodes import (
    DEFAULT_AE_TITLE,
    DEFAULT_PORT,
    Tls,
    check_ae_title,
    check_port,
    check_sender,
)
from workstation.dicom.person_names import NameGroup, NameOrder, NameStyle
from workstation.errors import BadInput, Unreadable, UserMessage
from workstation.settings import document
from workstation.settings.list_layout import ListLayout

DEFAULT_KEPT_FRAMES = 256
MAX_KEPT_FRAMES = 65_536
DEFAULT_SEARCH_LIMIT = 5000
_FLAT_LIST = "flat_list"
MAX_REFRESH_MINUTES = 60
MIN_SEARCH_LIMIT, MAX_SEARCH_LIMIT = 100, 200_000


class Theme(StrEnum):
    """The window's colours."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


def check_kept_frames(megabytes: int) -> int:
    """Return ``megabytes`` if so many can be kept, else raise :class:`BadInput`."""
    if not 0 <= megabytes <= MAX_KEPT_FRAMES:
        raise BadInput("memory for images", str(megabytes), "0 to 65536 MB.")
    return megabytes


def check_search_limit(rows: int) -> int:
    """Return ``rows`` if a search may be limited to so many, else raise :class:`BadInput`."""
    if not MIN_SEARCH_LIMIT <= rows <= MAX_SEARCH_LIMIT:
        raise BadInput(
            "limit of a search",
            str(rows),
            UserMessage("{least} to {most} answers.", least=MIN_SEARCH_LIMIT, most=MAX_SEARCH_LIMIT),
        )
    return rows


def check_refresh_minutes(minutes: int) -> int:
    """Return ``minutes`` if the list may be refreshed so often, else raise :class:`BadInput`."""
    if not 0 <= minutes <= MAX_REFRESH_MINUTES:
        raise BadInput("pause between refreshes", str(minutes), "0 for none, or 1 to 60 minutes.")
    return minutes


def check_address(text: str) -> str:
    """Return ``text`` if it is empty or an IP address, else raise :class:`BadInput`."""
    if not text:
        return text
    import ipaddress  # late: rarely used

    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise BadInput("address", text, "an IP address of this computer, or nothing for all.") from error
    return text


def _check_station(text: str) -> None:
    if text:
        check_ae_title(text)


def _check_senders(senders: tuple[str, ...]) -> None:
    for sender in senders:
        check_sender(sender)


T = TypeVar("T")


def _checked(default: T, check: Callable[[T], object]) -> T:
    """A field with its default, and what raises :class:`BadInput` for a value it must not have."""
    made: Any = field(default=default, metadata={"check": check})
    return made  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The preferences: each with its default and the check of its value.

    Attributes:
        ae_title: Our AE title, when we listen and for nodes that are not given another.
        port: TCP port of our listener.
        library: Folder of the library; empty: the one of ``folders``.
        theme: Dark, light, or as the desktop says.
        address: The one address our listener is bound to; empty: all of this computer's.
        listen_always: Listen while the program runs, not only while a C-MOVE needs it.
        accept_from: Whose pushes are taken into the library while we listen: ``AE``, or ``AE@host``.
        listener_tls: TLS files of our listener; None: it is plain.
        decode_lossy: Send lossily compressed images decoded where an archive takes them in no other way.
        kept_frames: Megabytes of decoded frames that are kept of studies that are no longer shown.
        notify_transfers: Tell by the desktop when a long transfer ends while another window is in front.
        join_pushes: Show the same patient pushed by two modalities as one patient.
        resume_fetches: Go on at the start with fetches that were not finished, without asking.
        one_of_each: Fetch the middle image of each series before all others.
        search_limit: Answers of one archive after which a search is ended, and the rest offered.
        list_layout: How the list of results arranges studies.
        name_order: In which order the parts of a patient's name are shown.
        name_group: Which component group of a name is shown first: alphabetic, ideographic or phonetic.
        refresh_minutes: Minutes between two refreshes of the list by itself; 0: it is not refreshed.
        station: The AE title of the station whose worklist is asked for; empty: ``ae_title``.
        only_station: Ask worklists only for steps of that station.
        own_periods: Periods that the date of a search offers besides, in the words of its line.
    """

    ae_title: str = _checked(DEFAULT_AE_TITLE, check_ae_title)
    port: int = _checked(DEFAULT_PORT, check_port)
    library: str = ""
    theme: Theme = Theme.SYSTEM
    address: str = _checked("", check_address)
    listen_always: bool = False
    accept_from: tuple[str, ...] = _checked((), _check_senders)
    listener_tls: Tls | None = None
    decode_lossy: bool = False
    kept_frames: int = _checked(DEFAULT_KEPT_FRAMES, check_kept_frames)
    join_pushes: bool = True
    resume_fetches: bool = False
    notify_transfers: bool = True
    one_of_each: bool = False
    search_limit: int = _checked(DEFAULT_SEARCH_LIMIT, check_search_limit)
    list_layout: ListLayout = ListLayout.TREE
    name_order: NameOrder = NameOrder.FAMILY_COMMA
    name_group: NameGroup = NameGroup.IDEOGRAPHIC
    refresh_minutes: int = _checked(0, check_refresh_minutes)
    station: str = _checked("", _check_station)
    only_station: bool = False
    own_periods: tuple[str, ...] = _checked((), check_own_periods)

    @property
    def name_style(self) -> NameStyle:
        """How names are shown."""
        return NameStyle(self.name_order, self.name_group)

    def __post_init__(self) -> None:
        for one in fields(self):
            if check := one.metadata.get("check"):
                check(getattr(self, one.name))


def _without_change(content: dict[str, object]) -> dict[str, object]:
    """Version 2 added what the listener does, version 3 its TLS and how images and pushes are treated.

    Version 4 added what is done with fetches that were not finished, whether the end of long transfers is
    told, in which order images are fetched, how studies are listed and refreshed and names are shown, how
    many answers end a search, which station's worklist is asked for, and periods of one's own.
    """
    return content


UPGRADES = (_without_change, _without_change, _without_change)


def _with_list_layout(content: dict[str, object]) -> dict[str, object]:
    """Read ``flat_list``, which told of two layouts before there were more."""
    others = {name: value for name, value in content.items() if name != _FLAT_LIST}
    flat = content.get(_FLAT_LIST, False)
    if type(flat) is not bool:
        raise document.Misshapen("“{name}” of {where} is not of the right type", name=_FLAT_LIST, where="it")
    return {"list_layout": ListLayout.FLAT.value, **others} if flat else others


def load_preferences(path: Path) -> Preferences:
    """Return what ``path`` says; the defaults if there is no file yet.

    Raises:
        Unreadable: The file is broken; the message names the field.
        TooNew: A newer version of this program wrote it.
    """
    content = document.read(path, UPGRADES)
    if content is None:
        return Preferences()
    try:
        return document.build(Preferences, _with_list_layout(content), UserMessage("it"))
    except document.Misshapen as error:
        raise Unreadable(str(path), error.reason) from error


def save_preferences(path: Path, preferences: Preferences) -> None:
    """Write ``preferences``, without the passphrase of a key.

    Raises:
        NotWritable: The file cannot be written.
    """
    plain = asdict(preferences)
    if preferences.listener_tls is not None:
        del plain["listener_tls"]["passphrase"]
    document.write(path, UPGRADES, plain)
