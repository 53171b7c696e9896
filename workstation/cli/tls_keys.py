"""Ask for the passphrase of a TLS key, and warn of a key that other users can read."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from workstation.cli.output import Output, printable
from workstation.dicom.nodes import Tls


def with_passphrase(tls: Tls | None, output: Output) -> Tls | None:
    """Add the passphrase of an encrypted key: from the keyring of the system, or typed now.

    Without a terminal there is none, and opening the key fails.
    """
    if tls is None or not tls.certificate:
        return tls
    from workstation.network.tls import is_locked, readable_by_others

    key = tls.key or tls.certificate
    if readable_by_others(key):
        name = printable(Path(key).name)
        output.warn(f"Other users of this computer can read the TLS key {name}: give it mode 600.")
    if tls.passphrase is not None or not is_locked(tls):
        return tls
    from workstation.settings.passcodes import load_passphrase

    passphrase = load_passphrase(str(Path(key).absolute()))
    if passphrase is None and sys.stdin is not None and sys.stdin.isatty():
        from getpass import getpass

        passphrase = getpass(f"Passphrase of the TLS key {printable(Path(key).name)}: ")
    return replace(tls, passphrase=passphrase)
