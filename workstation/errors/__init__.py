"""The errors that have a cause outside our own code: one class each, with its facts as fields.

Every class carries one plain message as a template over its fields; ``str(error)`` fills it in. The
command line prints it, the window translates it (``models/translation.py``). A message says
what failed at which node or file and, where something can be done, what to try; status codes stand in ``detail``.
Whatever is not a :class:`WorkstationError` is a bug of ours.
"""

from typing import TYPE_CHECKING

from workstation.errors.base import BadInput, UserMessage, WorkstationError
from workstation.errors.files import (
    DiskFull,
    KeptElsewhere,
    LibraryInUse,
    MarksSetAside,
    NotDeleted,
    NotIndexed,
    NotWritable,
    OtherPatientsMark,
    StoreError,
    TooNew,
    Unreadable,
)

if TYPE_CHECKING:
    from workstation.errors.network import (
        AssociationAborted,
        AssociationRejected,
        ConnectionLost,
        DemoNotStarted,
        HostUnknown,
        KeyIgnored,
        MoveDestinationUnknown,
        NetworkError,
        NoSuchStudy,
        NotKept,
        NoWorklist,
        OnlyWorklists,
        OperationFailed,
        PasscodeInClear,
        PasscodeMissing,
        PatientNeeded,
        PortUnavailable,
        ProtocolError,
        ServiceRefused,
        ThirdPartyUnreached,
        TimedOut,
        TlsFailed,
        TooMany,
        Unreachable,
    )

__all__ = [
    "AssociationAborted",
    "AssociationRejected",
    "BadInput",
    "ConnectionLost",
    "DemoNotStarted",
    "DiskFull",
    "HostUnknown",
    "KeptElsewhere",
    "KeyIgnored",
    "LibraryInUse",
    "MarksSetAside",
    "MoveDestinationUnknown",
    "NetworkError",
    "NoSuchStudy",
    "NoWorklist",
    "NotDeleted",
    "NotIndexed",
    "NotKept",
    "NotWritable",
    "OnlyWorklists",
    "OperationFailed",
    "OtherPatientsMark",
    "PasscodeInClear",
    "PasscodeMissing",
    "PatientNeeded",
    "PortUnavailable",
    "ProtocolError",
    "ServiceRefused",
    "StoreError",
    "ThirdPartyUnreached",
    "TimedOut",
    "TlsFailed",
    "TooMany",
    "TooNew",
    "Unreachable",
    "Unreadable",
    "UserMessage",
    "WorkstationError",
]


def __getattr__(name: str) -> object:
    """Define the errors of the network when the first is needed: the first paint needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workstation.errors import network

    return getattr(network, name)
