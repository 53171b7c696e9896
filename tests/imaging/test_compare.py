"""What pydicom brings looks as DCMTK's programs and pydicom draw it."""

from __future__ import annotations

import pytest

from tests.imaging.compare import files, rows


@pytest.mark.long
@pytest.mark.archives
@pytest.mark.timeout(1200)
def test_no_file_is_drawn_otherwise_by_others() -> None:
    """Except for words of 32 bits in big endian, of which DCMTK changes places; pydicom does as we do."""
    differing = {row.path.name: row.others for row in rows(files()) if row.differs}
    assert differing.keys() == {"rtdose_expb.dcm", "rtdose_expb_1frame.dcm"}
    assert {told["pydicom"] for told in differing.values()} == {"0"}
