"""Send one file over an association: checked, converted if the archive does not take it as it is."""

from __future__ import annotations

from typing import BinaryIO

from pydicom.uid import UID

from workstation.dicom.association_facts import Context
from workstation.errors import Unreadable, UserMessage
from workstation.network.association import Association
from workstation.network.file_to_send import FileToSend, cut_off
from workstation.network.send import context_for, plain_context_for, request_storage, storage_response
from workstation.operations.send_conversion import Conversion
from workstation.operations.send_report import SendReport


class ObjectSender:
    """Sends files, and has a report note what came of each; thread-safe."""

    def __init__(self, conversion: Conversion, report: SendReport) -> None:
        self._conversion = conversion
        self._report = report

    def send(self, association: Association, file: FileToSend) -> None:
        """Send a file, or note why it is not.

        Raises:
            NetworkError, Cancelled: The association broke; nothing was noted.
        """
        try:
            with file.open() as source:
                # Archives break off at what ends too early; others would keep less than they think.
                if fault := cut_off(file, source):
                    words = UserMessage("it is cut off: {fault}", fault=UserMessage(fault))
                    self._report.not_sent(file, words)
                    return
                context = context_for(association, file)
                if context is not None:
                    self._store(association, context, file, file, source)
                    return
        except Unreadable as error:
            self._report.failed(file, error.message)
        except OSError as error:
            reason = error.strerror or str(error)
            self._report.failed(file, Unreadable(str(file.path), reason).message)
        else:
            self._send_converted(association, file)

    def _send_converted(self, association: Association, file: FileToSend) -> None:
        context = plain_context_for(association, file)
        if context is None:
            words = "the archive does not accept its SOP class in its transfer syntax"
            self._report.not_sent(file, UserMessage(words))
            return
        with self._conversion.converted(file, context.transfer_syntax) as found:
            if isinstance(found, FileToSend):
                with found.open() as source:
                    self._store(association, context, file, found, source)
                return
        words = "{reason} The archive does not accept its transfer syntax, {stored}, and it was not converted"
        stored = UID(file.transfer_syntax).name
        self._report.not_sent(file, UserMessage(words, reason=found, stored=stored))

    def _store(
        self,
        association: Association,
        context: Context,
        file: FileToSend,
        going: FileToSend,
        source: BinaryIO,
    ) -> None:
        """Send ``file`` as ``going``, itself or its conversion."""
        message_id = request_storage(association, context, going, source)
        self._report.await_answer(file)
        self._report.answered(file, going, storage_response(association, message_id))
