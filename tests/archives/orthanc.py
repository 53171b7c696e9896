"""Orthanc: the conforming, feature-rich archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.archives.process import Archive, launch
from tests.archives.programs import ORTHANC
from tests.archives.tls import Authority
from workstation.dicom.nodes import Tls


def start(
    folder: Path,
    *,
    ae_title: str = "ORTHANC",
    destinations: Mapping[str, int] | None = None,
    authority: Authority | None = None,
    demand_certificate: bool = False,
    **settings: Any,
) -> Archive:
    """Orthanc without HTTP, everything allowed to everybody, its texts in UTF-8.

    Args:
        folder: Its own, empty folder.
        ae_title: Its AE title.
        destinations: C-MOVE destinations: AE title to port on this computer.
        authority: Speaks TLS with a certificate of this authority, and trusts it.
        demand_certificate: Whether clients must show one, too.
        settings: Orthanc's own options, for example ``DefaultEncoding="Latin1"``, ``LimitFindResults=10``.
    """
    tls, secured = None, {}
    if authority is not None:
        tls, secured = _tls(authority, demand_certificate)
    modalities = {name: [name, "127.0.0.1", to] for name, to in (destinations or {}).items()}

    def command(port: int) -> list[str | Path]:
        configuration = {
            "Name": "Test",
            "StorageDirectory": str(folder / "storage"),
            "IndexDirectory": str(folder / "index"),
            "Plugins": [],
            "HttpServerEnabled": False,
            "RemoteAccessAllowed": False,
            "DicomAet": ae_title,
            "DicomPort": port,
            "DicomModalities": modalities,
            "DicomAlwaysAllowEcho": True,
            "DicomAlwaysAllowStore": True,
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "UnknownSopClassAccepted": True,
            "SaveJobs": False,
            "DefaultEncoding": "Utf8",
            **secured,
            **settings,
        }
        path = folder / "orthanc.json"
        path.write_text(json.dumps(configuration, indent=1), "utf-8")
        return [ORTHANC, path]

    return launch(ae_title, folder, command, tls=tls)


def _tls(authority: Authority, demand_certificate: bool) -> tuple[Tls, dict[str, Any]]:
    own = authority.issue("orthanc")
    client = authority.issue("workstation") if demand_certificate else None
    secured = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(own.certificate),
        "DicomTlsPrivateKey": str(own.key),
        "DicomTlsTrustedCertificates": str(authority.ca),
        "DicomTlsRemoteCertificateRequired": demand_certificate,
    }
    if client is None:
        return Tls(str(authority.ca)), secured
    return Tls(str(authority.ca), str(client.certificate), str(client.key)), secured
