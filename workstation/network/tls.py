"""TLS contexts (PS3.15 B.12: 1.2 or 1.3, certificates always verified) and what failed handshakes mean."""

from __future__ import annotations

import logging
import os
import ssl
import stat
from functools import lru_cache
from pathlib import Path

from workstation.dicom.nodes import Tls
from workstation.errors import TlsFailed

_log = logging.getLogger(__name__)


def client_context(node: str, settings: Tls) -> ssl.SSLContext:
    """The context for connecting to ``node``.

    Raises:
        TlsFailed: A file is missing, unreadable, or key and certificate do not fit (kind "files").
    """
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.certificate:
            _load_own(context, settings)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise TlsFailed(node, "files", str(error)) from error
    return context


def server_context(node: str, settings: Tls) -> ssl.SSLContext:
    """The context of our listener; with a CA, clients must show a certificate signed by it.

    Raises:
        TlsFailed: As :func:`client_context`.
    """
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _load_own(context, settings)
        if settings.ca:
            context.load_verify_locations(settings.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise TlsFailed(node, "files", str(error)) from error
    return context


def _load_own(context: ssl.SSLContext, settings: Tls) -> None:
    context.load_cert_chain(settings.certificate, settings.key or None, password=_no_passphrase)
    _look_after(settings.key or settings.certificate)


@lru_cache(maxsize=64)
def _look_after(key: str) -> None:
    """Warn, once, of a private key that other users of this computer can read."""
    if os.name != "nt" and stat.S_IMODE(Path(key).stat().st_mode) & 0o077:
        _log.warning("other users of this computer can read the TLS key %s: give it mode 600", Path(key).name)


def _no_passphrase() -> bytes:
    # OpenSSL would ask on the terminal otherwise, and hang a windowed program.
    raise ValueError("the key file is protected by a passphrase")


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


def tls_trouble(node: str, error: ssl.SSLError | ssl.CertificateError) -> TlsFailed:
    """The typed trouble behind an SSL error of a handshake or a later read or write."""
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
