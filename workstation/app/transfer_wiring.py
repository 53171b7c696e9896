"""Connects the list of transfers to what acts on it and tells of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workstation.app.parts import Workstation
from workstation.controllers.transfer_actions import TransferActions
from workstation.jobs.lane import Lane
from workstation.jobs.run import Ended, Ending
from workstation.widgets.desktop_notice import DesktopNotice
from workstation.widgets.transfer_menu import TransferAction

LONG_SECONDS: Final = 20.0
"""Transfers that take so long are not waited for: their end is told."""


def transfer_action_handlers(
    actions: TransferActions, open_details: Callable[[int], None]
) -> dict[str, Callable[[int], None]]:
    """Return what each action on transfers does; it is called with the number of one, or with 0."""
    return {
        TransferAction.HURRY: actions.hurry,
        TransferAction.PAUSE: actions.pause,
        TransferAction.RESUME: actions.resume,
        TransferAction.CANCEL: actions.cancel,
        TransferAction.UP: lambda number: actions.step(number, down=False),
        TransferAction.DOWN: lambda number: actions.step(number, down=True),
        TransferAction.DETAILS: open_details,
        TransferAction.REMOVE: actions.remove,
        TransferAction.PAUSE_ALL: lambda number: actions.pause_all(),
        TransferAction.RESUME_ALL: lambda number: actions.resume_all(),
        TransferAction.RETRY_ALL: lambda number: actions.retry_all(),
        TransferAction.CANCEL_ALL: lambda number: actions.cancel_all(),
        TransferAction.CLEAR: lambda number: actions.remove_finished(),
    }


def wire_transfers(workstation: Workstation) -> None:
    """Connect the strip below the results, and the end of each transfer."""
    window, actions = workstation.window, workstation.transfer_actions

    def open_details(number: int) -> None:
        workstation.dialogs.open_details(actions.details(number))

    def report_failure(number: int, message: str) -> None:
        """A row of the list holds one line; the notice has room for what is to be done."""
        if workstation.retrieve.idle.lists(number):
            return  # nobody waits for it
        window.notice.offer(message, window.tr("Details"), lambda: open_details(number), calm=False)

    desktop = DesktopNotice(window)

    def tell_end(seconds: float, outcome: str) -> None:
        wanted = workstation.settings.preferences.notify_transfers
        if wanted and outcome and seconds >= LONG_SECONDS and not window.isActiveWindow():
            desktop.show(outcome)

    chosen = transfer_action_handlers(actions, open_details)
    window.transfers.chosen.connect(lambda action, number: chosen[action](number))
    window.transfers.action_requested.connect(actions.act)
    window.transfers.second_requested.connect(actions.second)
    window.transfers.moved.connect(actions.move_before)
    window.transfers.summarised.connect(lambda summary: window.set_progress(summary.share))
    window.transfers.summarised.connect(lambda summary: workstation.taskbar_progress.set_share(summary.share))
    activity = workstation.transfer_activity
    activity.to_come.connect(workstation.keep_awake.set_running)
    activity.ended.connect(tell_end)
    for transfers in (
        workstation.retrieve,
        workstation.local_studies,
        workstation.file_import,
        workstation.third_party_moves,
        workstation.pushes,
    ):
        transfers.fell_short.connect(report_failure)
        workstation.wake_detection.woke.connect(transfers.resume_now)
    _wire_cancelled(workstation)


def _wire_cancelled(workstation: Workstation) -> None:
    """Connect the menu's entry that lists what was cancelled."""
    window = workstation.window

    def list_cancelled() -> None:
        job = workstation.lanes.submit(
            Lane.PLANS, "list cancelled fetches", lambda run: workstation.plans.cancelled()
        )
        job.ended.connect(cancelled_found)

    def cancelled_found(ended: Ended) -> None:
        if ended.ending is Ending.DONE and isinstance(ended.result, list):
            listed = workstation.retrieve.list_cancelled(ended.result)
            if not listed:
                workstation.notices.show_note(
                    window.tr("No more fetches were cancelled within the last seven days.")
                )

    window.menu.cancelled_requested.connect(list_cancelled)
