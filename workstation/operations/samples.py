"""Bring one image of each series of a study, the middle one, before anything is fetched.

On one association the series are listed, then of one after the other the images are listed (C-FIND at IMAGE
level, PS3.4 C.4.1.2) and the middle one by Instance Number is asked for by its UID (C-GET or C-MOVE). Where
the first takes long and many are left, two further associations do the same. Others are opened only for SOP
classes that the first did not propose, and for the other service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NetworkError,
    OperationFailed,
    ProtocolError,
    ServiceRefused,
    UserMessage,
)
from workstation.network.contexts import classes_for
from workstation.network.dimse import DimseResponse, failure
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.limits import LIMITS
from workstation.network.trace import Observer
from workstation.operations.association_limit import AssociationShare
from workstation.operations.expected_instances import INSTANCE_LIMIT
from workstation.operations.fetch import ByGet, ByMove, Fetcher, RetrieveService, fetching
from workstation.operations.held_associations import HeldAssociations, making_room
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.query_session import QuerySession, is_about_keys, open_query_session
from workstation.operations.retrieve_services import RetrieveOptions, RetrieveServices, forbids
from workstation.operations.sample_router import SampleCollection, SampleRouter
from workstation.operations.sample_state import NO_IMAGE, SampleRequest, SampleState, middle_image
from workstation.stop import Cancelled, Stop
from workstation.store.sample_cache import Sample

SLOW: Final = 0.05
"""Seconds for the first series, above which further associations are worth their opening."""

_FURTHER: Final = 2
_FEWEST: Final = 6
"""Series that are left then, at least."""

_PROOFS: Final = 2
"""Series of which nothing may be refused for a reason of its own, as a lost file."""

NOT_LISTED: Final = UserMessage("The archive does not list single images. Double-click to fetch.")
NOT_SENT: Final = UserMessage("The archive does not send single images. Double-click to fetch.")
NOTHING: Final = UserMessage("The archive sent nothing. Double-click to fetch.")

Recipe = tuple[RetrieveService, tuple[str, ...], bool]
"""The service, the SOP classes to propose, and whether usual ones are to be added."""


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
    held: HeldAssociations | None = None,
) -> None:
    """Bring one image of each series into the cache of ``router``.

    Args:
        node: The archive.
        request: What of it.
        router: Where to.
        listening: Our listener, for C-MOVE; None: C-GET only.
        stop: Ends it.
        deliver: Called with each series once it is known, and again with its image, or why there is none; by
            several threads.
        quirks: What is known of nodes.
        observer: Called with every message.
        held: The associations that are held: those with the node make way.

    Raises:
        WorkstationError: The archive cannot be reached, or broke off; series that were delivered without an
            image have none.
        Cancelled: Stopped.
    """
    router.check_room(1)
    with (
        making_room(held, node),
        recorded(Kind.SAMPLES, observer, node.label, node) as told,
        quirks.budget(node).share() as share,
    ):
        _Samples(
            node=node,
            state=SampleState(request, router.cache, deliver),
            router=router,
            listening=listening,
            stop=stop,
            quirks=quirks,
            share=share,
            observer=told,
            held=held,
        ).run()


@dataclass(slots=True, kw_only=True)
class _Samples:
    node: Node
    state: SampleState
    router: SampleRouter
    listening: OnDemandListener | None
    stop: Stop
    quirks: NodeQuirks
    share: AssociationShare
    observer: Observer | None
    held: HeldAssociations | None
    _images: dict[str, Sequence[ImageMatch]] = field(default_factory=dict)  # by series, as listed

    def run(self) -> None:
        state = self.state
        if state.request.series is not None:
            state.note_series(state.request.series)
        if reason := self._known_refusal():
            if not state.listed:
                with open_query_session(
                    self.node, self.quirks, self.stop, observer=self.observer, held=self.held
                ) as session:
                    self._ask_series(session)
            state.give_up(reason)
            return
        limits = replace(LIMITS, first_object=self.node.timeouts.retrieve)
        services = RetrieveServices.of(
            self.node, self.router, self.listening, self.quirks, RetrieveOptions(limits=limits)
        ).left
        for number, service in enumerate(services):
            if state.left or not state.listed:
                self._try(service, last=number == len(services) - 1)
        if not state.came and len(state.refused) >= _PROOFS:
            self.quirks.sends_no_single_images(self.node)
        state.give_up(NOTHING)

    def _known_refusal(self) -> UserMessage | None:
        if self.quirks.lacks_image_level(self.node):
            return NOT_LISTED
        return NOT_SENT if self.quirks.lacks_single_images(self.node) else None

    # --- Associations ----------------------------------------------------------------------------

    def _try(self, service: RetrieveService, *, last: bool) -> None:
        """Ask by one service; where another one is left, its absence or failure is no error yet."""
        state = self.state
        state.refused.clear()
        state.forbidden = False
        try:
            self._ask_by((service, self._hinted(), True))
            if state.left and state.classes and not state.forbidden and isinstance(service, ByGet):
                classes = tuple(sorted(state.classes))
                state.classes.clear()
                self._ask_by((service, classes, False))
        except ServiceRefused:
            if isinstance(service, ByGet):
                self.quirks.offers_no_get(self.node)
            if last:
                raise
        except (AssociationAborted, ConnectionLost, ProtocolError):
            if last or state.came:
                raise

    def _hinted(self) -> tuple[str, ...]:
        modalities = [one.modality for one in self.state.left if one.modality]
        return tuple(classes_for(tuple(dict.fromkeys(modalities or self.state.request.modalities))))

    @contextmanager
    def _opened(self, recipe: Recipe, *, tries: int | None = None) -> Iterator[Fetcher]:
        service, classes, fill = recipe
        limits = LIMITS if tries is None else replace(LIMITS, tries=tries)
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
                limits=limits,
                held=self.held,
            )
            fetcher = stack.enter_context(opened)
            fetcher.session.limit = INSTANCE_LIMIT
            yield fetcher

    def _ask_by(self, recipe: Recipe) -> None:
        with self._opened(recipe) as fetcher:
            if not self.state.listed:
                self._ask_series(fetcher.session)
            self.state.begin()
            begun = time.monotonic()
            self._ask_next(fetcher)
            slow = time.monotonic() - begun >= SLOW and len(self.state.left) >= _FEWEST
            with ThreadPoolExecutor(_FURTHER, thread_name_prefix="workstation-samples") as pool:
                further = [pool.submit(self._ask_further, recipe) for _ in range(_FURTHER if slow else 0)]
                try:
                    while self._ask_next(fetcher):
                        pass
                except BaseException:
                    self.state.stop()
                    raise
            for each in further:
                each.result()
            while self._ask_next(fetcher):
                pass  # what an association that broke gave back

    def _ask_further(self, recipe: Recipe) -> None:
        """Take part over one more association, if the archive and its other users leave one."""
        most = self.quirks.most_associations(self.node)
        if not self.share.take(most):
            return
        try:
            with self._opened(recipe, tries=1) as fetcher:
                while self._ask_next(fetcher):
                    pass
        except (NetworkError, Cancelled):
            return  # the first one goes on, or ends for the same reason
        finally:
            self.share.give_back()

    def _ask_series(self, session: QuerySession) -> None:
        request = self.state.request
        self.state.note_series(session.series(request.study, request.patient_id))

    # --- One series ------------------------------------------------------------------------------

    def _ask_next(self, fetcher: Fetcher) -> bool:
        """Settle the next series; False: there is none."""
        self.stop.check()
        series = self.state.next()
        if series is None:
            return False
        try:
            if not self._ask(fetcher, series):
                self.state.stop()
        except BaseException:
            self.state.give_back(series)
            raise
        return True

    def _ask(self, fetcher: Fetcher, series: SeriesMatch) -> bool:
        """List the images of a series and fetch the middle one; False: the archive refuses it for all."""
        state, request, uid = self.state, self.state.request, series.series_uid
        if uid not in self._images:
            try:
                images = list(fetcher.session.images(request.study, uid, request.patient_id))
            except OperationFailed as error:
                if self._images or not is_about_keys(error.code):
                    state.end(series, error.message)
                    return True
                self.quirks.offers_no_image_level(self.node)
                state.give_up(NOT_LISTED)
                return False
            self._images[uid] = images
        images = list(self._images[uid])
        middle = middle_image(images)
        if middle is None:
            state.end(series, NO_IMAGE if images else NOTHING, len(images))
            return True
        agreed = {sop_class for sop_class, _ in fetcher.agreed}
        if isinstance(fetcher.service, ByGet) and middle.sop_class and middle.sop_class not in agreed:
            state.classes.add(middle.sop_class)
            return True  # on another association
        self._fetch(fetcher, series, middle, len(images))
        return state.came or not (state.forbidden or len(state.refused) >= _PROOFS)

    def _fetch(self, fetcher: Fetcher, series: SeriesMatch, image: ImageMatch, total: int) -> None:
        state, request = self.state, self.state.request
        target = Target(request.study, (series.series_uid,), (image.sop_uid,), request.patient_id)
        collection = self.router.collection(target)
        with self.router.collecting(collection):
            response = fetcher.fetch(target, collection)
        if (stored := collection.stored) is not None:
            state.keep(Sample(archive=request.archive, series=series, total=total, stored=stored))
            return
        state.note_reason(series, _reason(fetcher, collection, response))
        if is_about_keys(response.status):
            state.refused.add(series.series_uid)
        state.forbidden |= forbids(response)


def _reason(fetcher: Fetcher, collection: SampleCollection, response: DimseResponse) -> UserMessage:
    """Why an image did not come."""
    refused = next(iter(collection.failures.values()), collection.unnamed)
    if refused is not None:
        return UserMessage(refused.reason)
    if response.status:
        return failure(fetcher.association, fetcher.service.name, response).message
    return NOTHING
