"""Bring one image of each series of a study, the middle one, before anything is fetched.

On one association the series are listed, then one after the other its images are listed (C-FIND at IMAGE
level, PS3.4 C.4.1.2) and the middle one by Instance Number is asked for by its UID (C-GET or C-MOVE). Another
one is opened only for SOP classes that the first did not propose, or for the other service.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    OperationFailed,
    ProtocolError,
    ServiceRefused,
    UserMessage,
)
from workstation.imaging.stack import is_image
from workstation.network.contexts import classes_for
from workstation.network.dimse import DimseResponse, failure
from workstation.network.limits import LIMITS
from workstation.network.trace import Observer
from workstation.operations.expected_instances import INSTANCE_LIMIT
from workstation.operations.fetch import ByGet, ByMove, Fetcher, RetrieveService, fetching
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.query_session import QuerySession, is_about_keys, open_query_session
from workstation.operations.repair import may_be_fetched
from workstation.operations.retrieve_services import RetrieveOptions, RetrieveServices, forbids
from workstation.operations.sample_router import SampleCollection, SampleRouter
from workstation.stop import Stop
from workstation.store.sample_cache import Sample

NO_IMAGES: Final = frozenset(
    (
        "SR",
        "PR",
        "KO",
        "DOC",
        "REG",
        "FID",
        "RTSTRUCT",
        "RTPLAN",
        "RTRECORD",
        "ECG",
        "EPS",
        "HD",
        "RESP",
        "AU",
    )
)
"""Modalities of series that hold no image."""

_PROOFS: Final = 2
"""Series of which nothing may be refused for a reason of its own, as a lost file."""

NO_IMAGE: Final = UserMessage("No image in this series. It comes when it is fetched.")
NOT_LISTED: Final = UserMessage(
    "The archive does not list single images. Double-click the study to fetch it."
)
NOT_SENT: Final = UserMessage("The archive does not send single images. Double-click the study to fetch it.")
_NOT_ASKED: Final = UserMessage("Its UID cannot be asked for.")
_NOTHING: Final = UserMessage("The archive sent nothing. Double-click the study to fetch it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """Of which series an image is wanted.

    Attributes:
        archive: The archive by its connection values, as the cache keeps images by.
        study: Study Instance UID.
        patient_id: Patient ID as the archive sent it.
        series: The series, if they are known; None: they are asked for.
        only: Series Instance UID of the only one wanted; empty: all.
        first: Series Instance UID of the one wanted first.
        left_out: Series Instance UIDs of which images are here.
        modalities: What the study is known to hold, where ``series`` is None.
    """

    archive: Hashable
    study: str
    patient_id: str
    series: tuple[SeriesMatch, ...] | None = None
    only: str = ""
    first: str = ""
    left_out: frozenset[str] = frozenset()
    modalities: tuple[str, ...] = ()


def fetch_samples(
    node: Node,
    request: SampleRequest,
    router: SampleRouter,
    listening: OnDemandListener | None,
    stop: Stop,
    deliver: Callable[[Sample], None],
    quirks: NodeQuirks,
    *,
    observer: Observer | None = None,
) -> None:
    """Bring one image of each series into the cache of ``router``.

    Args:
        node: The archive.
        request: What of it.
        router: Where to.
        listening: Our listener, for C-MOVE; None: C-GET only.
        stop: Ends it.
        deliver: Called with each series once it is known, and again with its image, or why there is none.
        quirks: What is known of nodes.
        observer: Called with every message.

    Raises:
        WorkstationError: The archive cannot be reached, or broke off; series that were delivered without an
            image have none.
        Cancelled: Stopped.
    """
    router.check_room(1)
    _Samples(
        node=node,
        request=request,
        router=router,
        listening=listening,
        stop=stop,
        deliver=deliver,
        quirks=quirks,
        observer=observer,
    ).run()


@dataclass(slots=True, kw_only=True)
class _Samples:
    node: Node
    request: SampleRequest
    router: SampleRouter
    listening: OnDemandListener | None
    stop: Stop
    deliver: Callable[[Sample], None]
    quirks: NodeQuirks
    observer: Observer | None
    _left: dict[str, SeriesMatch] | None = None  # those without an answer so far; None: not listed yet
    _listed: dict[str, Sequence[ImageMatch]] = field(default_factory=dict)
    _why: dict[str, UserMessage] = field(default_factory=dict)
    _classes: set[str] = field(default_factory=set)  # not negotiated so far, though an image is of them
    _refused: set[str] = field(default_factory=set)  # series of which a single image was refused
    _forbidden: bool = False  # the archive does not do this for us, whatever is asked for
    _came: bool = False

    def run(self) -> None:
        if self.request.series is not None:
            self._note_series(self.request.series)
        if reason := self._known_refusal():
            if self._left is None:
                with open_query_session(self.node, self.quirks, self.stop, observer=self.observer) as session:
                    self._ask_series(session)
            self._give_up(reason)
            return
        limits = replace(LIMITS, first_object=self.node.timeouts.retrieve)
        services = RetrieveServices.of(
            self.node, self.router, self.listening, self.quirks, RetrieveOptions(limits=limits)
        ).left
        for number, service in enumerate(services):
            if self._left != {}:
                self._try(service, last=number == len(services) - 1)
        if not self._came and len(self._refused) >= _PROOFS:
            self.quirks.sends_no_single_images(self.node)
        self._give_up(_NOTHING)

    def _known_refusal(self) -> UserMessage | None:
        if self.quirks.lacks_image_level(self.node):
            return NOT_LISTED
        return NOT_SENT if self.quirks.lacks_single_images(self.node) else None

    def _give_up(self, reason: UserMessage) -> None:
        for series in list((self._left or {}).values()):
            self._end(series, why=self._why.get(series.series_uid, reason))

    # --- Associations ----------------------------------------------------------------------------

    def _try(self, service: RetrieveService, *, last: bool) -> None:
        """Ask by one service; where another one is left, its absence or failure is no error yet."""
        self._refused.clear()
        self._forbidden = False
        try:
            self._ask_by(service, self._hinted(), fill=True)
            if self._left and self._classes and not self._forbidden and isinstance(service, ByGet):
                classes, self._classes = tuple(sorted(self._classes)), set()
                self._ask_by(service, classes, fill=False)
        except ServiceRefused:
            if isinstance(service, ByGet):
                self.quirks.offers_no_get(self.node)
            if last:
                raise
        except (AssociationAborted, ConnectionLost, ProtocolError):
            if last or self._came:
                raise

    def _hinted(self) -> tuple[str, ...]:
        series = self._left.values() if self._left is not None else ()
        modalities = [one.modality for one in series if one.modality] or self.request.modalities
        return tuple(classes_for(tuple(dict.fromkeys(modalities))))

    def _ask_by(self, service: RetrieveService, classes: Iterable[str], *, fill: bool) -> None:
        with ExitStack() as stack:
            if isinstance(service, ByMove) and self.listening is not None:
                stack.enter_context(self.listening.receiving())
            opened = fetching(
                self.node,
                service,
                classes,
                USUAL_SYNTAXES,
                self.quirks,
                self.stop,
                fill=fill,
                observer=self.observer,
            )
            fetcher = stack.enter_context(opened)
            fetcher.session.limit = INSTANCE_LIMIT
            if self._left is None:
                self._ask_series(fetcher.session)
            for series in list((self._left or {}).values()):
                self.stop.check()
                if not self._settle(fetcher, series):
                    return

    def _ask_series(self, session: QuerySession) -> None:
        self._note_series(session.series(self.request.study, self.request.patient_id))

    def _note_series(self, answers: Iterable[SeriesMatch]) -> None:
        """Deliver all series at once, so that none moves when the images come."""
        request, wanted = self.request, list[SeriesMatch]()
        for one in answers:
            if request.only in ("", one.series_uid) and one.series_uid not in request.left_out:
                wanted.append(one)
        wanted.sort(key=lambda one: (one.series_uid != request.first, one.number is None, one.number or 0))
        self._left = {one.series_uid: one for one in wanted}
        for one in wanted:
            self.deliver(Sample(archive=request.archive, series=one, total=one.instances))
        for one in wanted:
            known = self.router.cache.get(request.archive, request.study, one.series_uid, request.patient_id)
            if known is not None:
                self._left.pop(one.series_uid)
                self.deliver(replace(known, series=one))
            elif one.modality in NO_IMAGES:
                self._end(one, why=NO_IMAGE)
            elif not may_be_asked_for(one.series_uid):
                self._end(one, why=_NOT_ASKED)

    # --- One series ------------------------------------------------------------------------------

    def _settle(self, fetcher: Fetcher, series: SeriesMatch) -> bool:
        """List the images of a series and fetch the middle one; False: the archive refuses it for all."""
        uid = series.series_uid
        if uid not in self._listed:
            try:
                session = fetcher.session
                self._listed[uid] = list(session.images(self.request.study, uid, self.request.patient_id))
            except OperationFailed as error:
                if self._listed or not is_about_keys(error.code):
                    self._end(series, why=error.message)
                    return True
                self.quirks.offers_no_image_level(self.node)
                self._give_up(NOT_LISTED)
                return False
        images = self._listed[uid]
        middle = middle_image(images)
        if middle is None:
            self._end(series, why=NO_IMAGE if images else _NOTHING, total=len(images))
            return True
        agreed = {sop_class for sop_class, _ in fetcher.agreed}
        if isinstance(fetcher.service, ByGet) and middle.sop_class and middle.sop_class not in agreed:
            self._classes.add(middle.sop_class)
            return True  # on another association
        self._fetch(fetcher, series, middle, len(images))
        return self._came or not (self._forbidden or len(self._refused) >= _PROOFS)

    def _fetch(self, fetcher: Fetcher, series: SeriesMatch, image: ImageMatch, total: int) -> None:
        request = self.request
        target = Target(request.study, (series.series_uid,), (image.sop_uid,), request.patient_id)
        collection = self.router.collection(target)
        with self.router.collecting(collection):
            response = fetcher.fetch(target, collection)
        if collection.stored is not None:
            self._came = True
            sample = Sample(archive=request.archive, series=series, total=total, stored=collection.stored)
            self.router.cache.put(sample)
            self._settled(sample)
            return
        self._why[series.series_uid] = self._reason(fetcher, collection, response)
        if is_about_keys(response.status):
            self._refused.add(series.series_uid)
        self._forbidden = forbids(response)

    def _reason(self, fetcher: Fetcher, collection: SampleCollection, response: DimseResponse) -> UserMessage:
        refused = next(iter(collection.failures.values()), collection.unnamed)
        if refused is not None:
            return UserMessage(refused.reason)
        if response.status:
            return failure(fetcher.association, fetcher.service.name, response).message
        return _NOTHING

    def _end(self, series: SeriesMatch, *, why: UserMessage, total: int | None = None) -> None:
        count = series.instances if total is None else total
        self._settled(Sample(archive=self.request.archive, series=series, total=count, why=why))

    def _settled(self, sample: Sample) -> None:
        assert self._left is not None
        self._left.pop(sample.series.series_uid, None)
        self.deliver(sample)


def middle_image(images: Sequence[ImageMatch]) -> ImageMatch | None:
    """The middle one by Instance Number of those that may be shown and asked for; None: there is none."""
    shown = [
        one
        for one in images
        if may_be_fetched(one.sop_uid, one.series_uid) and (not one.sop_class or is_image(one.sop_class))
    ]
    shown.sort(key=lambda one: (one.number is None, one.number or 0))
    return shown[len(shown) // 2] if shown else None
