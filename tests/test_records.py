"""Records with many fields are built by keyword: a field inserted in the middle mixes up nothing."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import workstation

MOST_BY_POSITION = 6

STILL_BY_POSITION = frozenset(
    {
        "workstation.app.assembly.Workstation",
        "workstation.app.shell.Shell",
        "workstation.controllers.row_pictures.Series",
        "workstation.demo.patients.Patient",
        "workstation.demo.study.Study",
        "workstation.imaging.compressed_stream.Stream",
        "workstation.imaging.frames.FrameSource",
        "workstation.imaging.grey.Grey",
        "workstation.imaging.instance.Instance",
        "workstation.imaging.jpeg._Seen",
        "workstation.imaging.overlays.Plane",
        "workstation.imaging.picture.Caption",
        "workstation.imaging.picture.Picture",
        "workstation.imaging.picture.PixelSpec",
        "workstation.imaging.slice_order.Group",
        "workstation.imaging.slice_order.Site",
        "workstation.imaging.stack.Slice",
        "workstation.models.elements_model._Node",
        "workstation.models.rows.Row",
        "workstation.models.transfers_model.Details",
        "workstation.models.transfers_model.Transfer",
        "workstation.settings.preferences.Preferences",
        "workstation.store.index_rows.InstanceRow",
        "workstation.store.instance_header.InstanceHeader",
        "workstation.store.plans.Plan",
        "workstation.store.store_results.Stored",
    }
)
"""Only ever shorter."""


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
    assert by_position <= STILL_BY_POSITION, sorted(by_position - STILL_BY_POSITION)
