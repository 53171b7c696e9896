"""Records with many fields are built by keyword: a field inserted in the middle mixes up nothing."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import workstation

MOST_BY_POSITION = 6


def records():
    """Every dataclass of the program, by its full name."""
    for found in pkgutil.walk_packages(workstation.__path__, "workstation."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == found.name and dataclasses.is_dataclass(value):
                yield f"{found.name}.{value.__qualname__}", value


def test_records_with_many_fields_are_built_by_keyword():
    by_position = {
        name
        for name, record in records()
        if not issubclass(record, Exception)
        and sum(field.init and not field.kw_only for field in dataclasses.fields(record)) > MOST_BY_POSITION
    }
    assert not by_position
