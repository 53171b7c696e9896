"""The library's index with a million instances, and making it anew: ``python -m tests.benchmarks.index``.

Medians over different questions, each asked once before. No test asserts a time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.store import many
from tests.store.objects import encoded, made, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.store.library import INDEX_NAME, Library
from workstation.store.library_sink import Admission, LibrarySink

ROUNDS = 9


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.index", description=__doc__)
    arguments.add_argument("--instances", type=int, default=1_000_000)
    arguments.add_argument("--files", type=int, default=3_000, help="to make an index from")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        questions(Path(folder) / "many", asked.instances)
        rebuilding(Path(folder) / "library", asked.files)
    return 0


def questions(root: Path, instances: int) -> None:
    studies = instances // (2 * many.IMAGES)
    many.fill(root, studies)
    size = (root / INDEX_NAME).stat().st_size / 1e6
    print(f"{instances:,} instances of {studies:,} studies, {size:.0f} MB")
    library = Library.open_to_read(root)
    index = library.index
    middle = studies // 2

    def ask(what: str, question: Callable[[int], object], rounds: int = ROUNDS) -> None:
        taken = []
        for number in range(rounds):
            begun = time.perf_counter()
            found = question(middle + number)
            taken.append((time.perf_counter() - begun) * 1000)
            assert found, what
        print(f"{what}: {statistics.median(taken):.2f} ms, at most {max(taken):.2f} ms")

    def search(**criteria: object) -> int:
        return len(list(index.studies(Criteria(**criteria))))  # type: ignore[arg-type]

    def parts(study: int) -> list[str]:
        return many.name_of(study // 2).split("^")

    ask("studies of a patient by name", lambda n: search(name=many.name_of(n // 2).replace("^", " ")))
    ask("studies by the beginning of a name", lambda n: search(name=many.name_of(n // 2).partition("^")[0]))
    ask("studies by name, newest 100 of many", lambda n: len(list(index.studies(Criteria(name="m"), 100))))
    ask(
        "studies by name, given name first",
        lambda n: search(name=" ".join(reversed(many.name_of(n // 2).split("^")))),
    )
    ask("studies by given name, newest 100", lambda n: len(list(index.studies(Criteria(name="chloe"), 100))))
    ask(
        "studies by a part of a name", lambda n: search(name=f"*{many.name_of(n // 2).partition('^')[0][1:]}")
    )
    ask("studies by a name nobody has", lambda n: not search(name="nobody"))
    ask("studies by patient ID", lambda n: search(patient_id=f"ID{n // 2}"))
    ask("studies by accession number", lambda n: search(accession=f"A{n}"))
    ask("studies of a day", lambda n: search(span=DateSpan(date(2011, 6, 18), date(2011, 6, 18))) or 1)
    ask(
        "studies by description, newest 100",
        lambda n: len(list(index.studies(Criteria(description="part 7"), 100))),
    )
    ask("the newest 100 studies", lambda n: len(list(index.studies(limit=100))))
    ask("patients by name", lambda n: len(list(index.patients(Criteria(name=many.name_of(n // 2))))))
    ask("series of a study", lambda n: list(index.series(many.study_uid(n))))
    ask("images of a series", lambda n: list(index.images(many.study_uid(n), f"{many.study_uid(n)}.1")))
    ask("held of a study", lambda n: index.sop_uids(many.study_uid(n)))
    ask("quick_check", lambda n: index.quick_check(), 3)
    library.close()


def rebuilding(root: Path, files: int) -> None:
    library = Library.open(root, reserve=lambda total: 0)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for number in range(files):
        study = f"1.2.{number // 100}"
        uid = f"{study}.{number}"
        pixels = bytes(512 * 512 * 2)
        assert send(writer, encoded(made(uid, study, f"{study}.1", PixelData=pixels)), uid, step=1 << 17) == 0
    library.close()
    (root / INDEX_NAME).unlink()
    begun = time.perf_counter()
    library = Library.open(root)
    taken = time.perf_counter() - begun
    assert len(library.index.files()) == files
    library.close()
    print(f"an index of {files:,} files of 0.5 MB made anew: {taken:.2f} s, {files / taken:,.0f} files/s")


if __name__ == "__main__":
    sys.exit(main())
