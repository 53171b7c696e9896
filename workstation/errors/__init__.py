"""The errors that have a cause outside our own code: one class each, with its facts as fields.

Every class carries one plain message as a template over its fields; ``str(error)`` fills it in. The
command line prints it, the window translates it (``models/translation.py``). A message says
what failed at which node or file and, where something can be done, what to try; status codes stand in ``detail``.
Whatever is not a :class:`WorkstationError` is a bug of ours.
"""

from workstation.errors.base import BadInput, UserMessage, WorkstationError
from workstation.errors.files import (
    DiskFull,
    KeptElsewhere,
    LibraryInUse,
    NotDeleted,
    NotIndexed,
    NotWritable,
    StoreError,
    TooNew,
    Unreadable,
)
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
    OperationFailed,
    PasscodeInClear,
    PasscodeMissing,
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
    "MoveDestinationUnknown",
    "NetworkError",
    "NoSuchStudy",
    "NotDeleted",
    "NotIndexed",
    "NotKept",
    "NotWritable",
    "OperationFailed",
    "PasscodeInClear",
    "PasscodeMissing",
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
