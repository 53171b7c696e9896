"""The modalities that a search offers."""

MODALITIES = (
    *("CT", "MR", "CR", "DX", "US", "MG", "XA", "RF", "NM", "PT"),
    *("OPT", "OP", "ES", "SM", "RTSTRUCT", "RTPLAN", "RTDOSE", "SR", "SC", "OT"),
)
