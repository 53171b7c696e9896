"""Writes the bill of materials of a product (CycloneDX 1.6), and the notices its licences ask for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import image_libraries

LICENSES = Path(__file__).resolve().parent / "licenses"
NOTICES, BILL = "THIRD-PARTY-NOTICES.txt", "sbom.cdx.json"

# The wheels of Qt for Python have none of these.
_QT = {"pyside6-essentials": ("Qt.txt", "LGPL-3.0.txt", "GPL-3.0.txt"), "shiboken6": ("Qt.txt",)}
_TEXT_NAMES = ("licen", "copying", "notice", "authors")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a product.

    Attributes:
        license: Its SPDX expression, or its own words.
        texts: Names and contents of the licences.
        purl: Its package URL; empty: it has none.
        within: The package URL of the wheel that it came inside of, if any.
    """

    name: str
    version: str
    license: str
    texts: tuple[tuple[str, str], ...]
    purl: str = ""
    within: str = ""


def native(name: str, version: str, license: str, *texts: str) -> Part:  # noqa: A002 - as SPDX says
    """A part that came from no wheel; its texts are files of ``packaging/licenses``."""
    return Part(name, version, license, tuple(_ours(text) for text in texts))


def wheel(metadata: Path) -> Part:
    """A part that came from a wheel.

    Args:
        metadata: Its ``.dist-info`` folder, beside what it installed.
    """
    found = PathDistribution(metadata)
    name = found.metadata["Name"].lower().replace("_", "-")
    texts = [(path.name, path.read_text("utf-8", "replace")) for path in _license_files(metadata)]
    if name in _QT:
        texts = [_ours(text) for text in _QT[name]]
    license_ = "LGPL-3.0-only" if name in _QT else _license(found)
    return Part(name, found.version, license_, tuple(texts), f"pkg:pypi/{name}@{found.version}")


def inside(metadata: Path) -> Iterator[Part]:
    """The libraries that a wheel brings inside its extension modules; only those of imagecodecs are known.

    Args:
        metadata: Its ``.dist-info`` folder, beside what it installed.

    Raises:
        ValueError: The wheel does not say which versions it brings.
    """
    outer = wheel(metadata)
    if outer.name != "imagecodecs":
        return
    description = str(PathDistribution(metadata).metadata.get_payload())
    for library in image_libraries.LIBRARIES:
        version = image_libraries.version(library, description)
        folder = metadata.parent / "imagecodecs" / "licenses"
        texts = tuple((name, (folder / name).read_text("utf-8", "replace")) for name in library.texts)
        purl = f"pkg:generic/{library.name}@{version}"
        yield Part(library.name, version, library.license, texts, purl, within=outer.purl)


def write(folder: Path, version: str, seconds: int, parts: Iterable[Part]) -> None:
    """Write both files into a folder.

    Args:
        folder: Of the product.
        version: Of the product.
        seconds: The product's moment, since 1970.
        parts: What it contains beside our own code.

    Raises:
        ValueError: A part has no licence text: it must not be given away like that.
    """
    ordered = sorted(parts, key=lambda part: part.name.lower())
    without = [part.name for part in ordered if not part.texts]
    if without:
        raise ValueError(f"no licence text for {', '.join(without)}")
    bill = json.dumps(_bill(version, seconds, ordered), indent=1, ensure_ascii=False) + "\n"
    (folder / BILL).write_text(bill, "utf-8")
    (folder / NOTICES).write_text(_notices(ordered), "utf-8")


def _bill(version: str, seconds: int, parts: Sequence[Part]) -> dict[str, object]:
    components = [
        {
            "type": "library",
            "bom-ref": part.purl or f"{part.name}@{part.version}",
            "name": part.name,
            "version": part.version,
            "licenses": [{"license": {"name": part.license}}],
            **({"purl": part.purl} if part.purl else {}),
        }
        for part in parts
    ]
    unique = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, seconds, components]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{unique}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": "workstation",
                "name": "workstation",
                "version": version,
            },
        },
        "components": components,
        "dependencies": [
            {"ref": outer, "dependsOn": [part.purl for part in parts if part.within == outer]}
            for outer in sorted({part.within for part in parts if part.within})
        ],
    }


def _notices(parts: Sequence[Part]) -> str:
    lines = ["Workstation contains software of others, listed here with its licences.", ""]
    lines += [f"  {part.name} {part.version}: {part.license}" for part in parts]
    for part in parts:
        for name, text in part.texts:
            lines += ["", "", "=" * 80, f"{part.name} {part.version}: {name}", "=" * 80, "", text.strip()]
    return "\n".join(lines) + "\n"


def _ours(name: str) -> tuple[str, str]:
    return name, (LICENSES / name).read_text("utf-8")


def _license_files(metadata: Path) -> list[Path]:
    return [
        path
        for path in sorted(metadata.rglob("*"))
        if path.is_file()
        and ("licenses" in path.relative_to(metadata).parts or path.name.lower().startswith(_TEXT_NAMES))
    ]


def _license(found: Distribution) -> str:
    """The SPDX expression, else what older metadata say."""
    told = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    if told and "\n" not in told:
        return str(told)
    classifiers = found.metadata.get_all("Classifier") or []
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")]
    return ", ".join(named) or "see the notices"
