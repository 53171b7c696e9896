"""Make TLS contexts (PS3.15 B.12: 1.2 or 1.3, certificates always verified) and explain failed handshakes."""

from __future__ import annotations

import logging
import os
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from workstation.dicom.nodes import Tls
from workstation.errors import TlsFailed

_log = logging.getLogger(__name__)
_KEY_BYTES = 256 * 1024
"""Bytes of a PEM file within which its key is expected."""


def client_context(node: str, settings: Tls) -> ssl.SSLContext:
    """The context for connecting to ``node``.

    Raises:
        TlsFailed: A file is missing, unreadable, or key and certificate do not fit (kind "files"); the key
            is protected by a passphrase that was not given ("locked"), or by another ("passphrase").
    """
    with _using(node, settings):
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.certificate:
            _load_own(context, settings)
    return context


def server_context(node: str, settings: Tls) -> ssl.SSLContext:
    """The context of our listener; with a CA, clients must show a certificate signed by it.

    Raises:
        TlsFailed: As :func:`client_context`.
    """
    with _using(node, settings):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _load_own(context, settings)
        if settings.ca:
            context.load_verify_locations(settings.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def _using(node: str, settings: Tls) -> Iterator[None]:
    """Turn errors of the files into :class:`TlsFailed`."""
    try:
        yield
    except _Locked as error:
        raise TlsFailed(node, "locked", str(error)) from error
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        wrong = isinstance(error, ssl.SSLError) and error.reason != "KEY_VALUES_MISMATCH"
        kind = "passphrase" if wrong and settings.passphrase is not None and is_locked(settings) else "files"
        raise TlsFailed(node, kind, str(error)) from error


def _load_own(context: ssl.SSLContext, settings: Tls) -> None:
    def passphrase() -> str:
        # OpenSSL would ask on the terminal otherwise, and hang a windowed program.
        if settings.passphrase is None:
            raise _Locked("the key file is protected by a passphrase")
        return settings.passphrase

    context.load_cert_chain(settings.certificate, settings.key or None, password=passphrase)
    _warn_of_readable_key(settings.key or settings.certificate)


class _Locked(ValueError):
    """The key is protected by a passphrase that was not given."""


def is_locked(settings: Tls) -> bool:
    """Whether the private key is protected by a passphrase (RFC 7468 11, RFC 1421 4.6.1.1)."""
    try:
        with Path(settings.key or settings.certificate).open("rb") as file:
            return b"ENCRYPTED" in file.read(_KEY_BYTES)
    except OSError:
        return False


def readable_by_others(key: str) -> bool:
    """Whether other users of this computer can read a private key; False where the system does not know."""
    try:
        return os.name != "nt" and bool(stat.S_IMODE(Path(key).stat().st_mode) & 0o077)
    except OSError:
        return False


@lru_cache(maxsize=64)
def _warn_of_readable_key(key: str) -> None:
    """Warn, once, of a private key that other users of this computer can read."""
    if readable_by_others(key):
        _log.warning("other users of this computer can read the TLS key %s: give it mode 600", Path(key).name)


_EXPIRED, _NOT_YET_VALID, _HOST_NAME, _IP_ADDRESS = 10, 9, 62, 64

# OpenSSL's reason, in part, to the kinds of TlsFailed.
_REASONS = (
    ("WRONG_VERSION_NUMBER", "plain"),
    ("HTTP_REQUEST", "plain"),
    ("RECORD_LAYER_FAILURE", "plain"),
    ("UNSUPPORTED_PROTOCOL", "version"),
    ("ALERT_PROTOCOL_VERSION", "version"),
    ("NO_PROTOCOLS_AVAILABLE", "version"),
    ("CERTIFICATE_REQUIRED", "client"),
    ("ALERT_UNKNOWN_CA", "client"),
    ("ALERT_BAD_CERTIFICATE", "client"),
    ("ALERT_CERTIFICATE", "client"),
    ("ALERT_HANDSHAKE_FAILURE", "client"),
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "client"),
)


def tls_error(node: str, error: ssl.SSLError | ssl.CertificateError) -> TlsFailed:
    """The error to raise for an SSL error of a handshake or a later read or write."""
    reason = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        code = error.verify_code
        if code in (_EXPIRED, _NOT_YET_VALID):
            return TlsFailed(node, "expired", reason)
        if code in (_HOST_NAME, _IP_ADDRESS):
            return TlsFailed(node, "name", reason)
        return TlsFailed(node, "untrusted", reason)
    name = getattr(error, "reason", None) or reason.upper().replace(" ", "_")
    for part, kind in _REASONS:
        if part in name:
            return TlsFailed(node, kind, reason)
    return TlsFailed(node, "other", reason)
