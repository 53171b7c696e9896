"""Defines the studies of the demo archive, by date relative to today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from workstation.demo import patients
from workstation.demo.documents import document, report
from workstation.demo.phantoms.head import Bleed
from workstation.demo.scans import (
    chest_ct_series,
    chest_film_series,
    head_ct_series,
    head_mr_series,
    heart_series,
)
from workstation.demo.study import Instance, Study


def instances(today: date) -> Iterator[Instance]:
    """Every object of the archive; quick, as no pixel is drawn yet."""
    yield from _of_today(today)
    yield from _of_yesterday(today - timedelta(days=1))
    yield from _of_last_week(today - timedelta(days=7))
    yield from _of_last_year(today - timedelta(days=364))


def _of_today(day: date) -> Iterator[Instance]:
    thorax = Study(
        patient=patients.NORDIC,
        key="thorax",
        date=day,
        time="064512",
        description="CT Thorax with contrast",
        accession="D240117",
    )
    yield from chest_ct_series(thorax, 2, slices=72, syntax=JPEGLosslessSV1)
    findings = {
        "Finding": "Nodule of 12 mm in the right upper lobe. No pleural effusion. Heart of normal size.",
        "Impression": "A nodule, drawn by a formula, in lungs that nobody breathes with.",
        "Recommendation": "Compare with the film of last year.",
    }
    yield from report(thorax, 9, findings)
    film = Study(
        patient=patients.ARABIC,
        key="film",
        date=day,
        time="071930",
        description="أشعة الصدر",
        accession="D240118",
    )
    yield from chest_film_series(film, 1, seed=5, width=0.95, inverse=True)
    control = Study(
        patient=patients.JAPANESE,
        key="control",
        date=day,
        time="080405",
        description="頭部CT",
        accession="D240119",
    )
    yield from head_ct_series(control, 2, slices=32, syntax=JPEGLSLossless, bleed=Bleed(30, 8, 14, 15.0))


def _of_yesterday(day: date) -> Iterator[Instance]:
    head = Study(
        patient=patients.CHINESE,
        key="head",
        date=day,
        time="101245",
        description="头颅MRI平扫",
        accession="D240102",
    )
    yield from head_mr_series(head, 2, t2=False, slices=25, syntax=JPEG2000Lossless)
    yield from head_mr_series(head, 3, t2=True, slices=24, syntax=JPEGLSLossless)
    stroke = Study(
        patient=patients.JAPANESE,
        key="stroke",
        date=day,
        time="231107",
        description="頭部CT",
        accession="D240103",
    )
    yield from head_ct_series(stroke, 2, slices=32, syntax=RLELossless, bleed=Bleed(30, 8, 14, 11.0))
    film = Study(
        patient=patients.LONGEST,
        key="film",
        date=day,
        time="145220",
        description="X-ray chest",
        accession="D240104",
    )
    yield from chest_film_series(film, 1, seed=1, width=0.93, effusion=28, syntax=ExplicitVRLittleEndian)


def _of_last_week(day: date) -> Iterator[Instance]:
    heart = Study(
        patient=patients.GREEK,
        key="heart",
        date=day,
        time="091800",
        description="Υπερηχοκαρδιογράφημα",
        accession="D239871",
    )
    yield from heart_series(heart, 1, seed=2)
    staging = Study(
        patient=patients.PLAIN,
        key="thorax",
        date=day,
        time="113401",
        description="CT Thorax",
        accession="D239872",
    )
    yield from chest_ct_series(staging, 2, slices=36, syntax=RLELossless)
    consent = [
        "Patient: Harrowgate, Tobias",
        "Examination: CT Thorax",
        "Question: any change since last year?",
    ]
    yield from document(staging, 8, "Request form", consent)
    child = Study(
        patient=patients.CYRILLIC,
        key="head",
        date=day,
        time="160955",
        description="МРТ головы",  # noqa: RUF001 - Cyrillic
        accession="D239873",
    )
    yield from head_mr_series(child, 2, t2=True, slices=20, syntax=ImplicitVRLittleEndian)


def _of_last_year(day: date) -> Iterator[Instance]:
    film = Study(
        patient=patients.NORDIC,
        key="film",
        date=day,
        time="085130",
        description="Röntgen thorax",
        accession="C182230",
    )
    yield from chest_film_series(film, 1, seed=1, width=0.97)
    fall = Study(
        patient=patients.UNICODE,
        key="head",
        date=day,
        time="190312",
        description="TK głowy po upadku",
        accession="C182231",
    )
    yield from head_ct_series(fall, 2, slices=32, syntax=ExplicitVRLittleEndian)
    heart = Study(
        patient=patients.GREEK,
        key="heart",
        date=day,
        time="103000",
        description="Υπερηχοκαρδιογράφημα",
        accession="C182232",
    )
    yield from heart_series(heart, 1, seed=6, frames=30)
