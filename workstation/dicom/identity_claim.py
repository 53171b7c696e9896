"""Read out of an answer which patient it says it is about, in the form that is compared."""

from __future__ import annotations

from typing import NamedTuple

from workstation.dicom.matches import Domain, PatientMatch
from workstation.dicom.value_readers import name_components, name_groups, read_date

_LOST = frozenset("\ufffd?*")
"""Stand for a letter that could not be read or written: two names may have lost different ones."""
PUSHED = "sender"
"""The kind of domain of what was pushed by a sender that is no configured node."""
_APART = "apart "
"""No UID begins so."""


class IdentityClaim(NamedTuple):
    """What one domain says of who is behind a Patient ID.

    Attributes:
        patient_id: The ID; where there is none, a study stands for itself: its UID follows. Answers that
            stand apart have IDs of their own.
        domain: Where the ID means something.
        families: The family name of each component group, first word, without case.
        whole_name: Without case; empty unless family and given name and a full birth date are there.
    """

    patient_id: tuple[str, str]
    domain: Domain
    birth_date: str
    families: frozenset[str]
    whole_name: str = ""
    sex: str = ""

    def fits(self, other: IdentityClaim) -> bool:
        """Tell whether both may be about one person; what is absent says nothing."""
        if self.birth_date and other.birth_date and self.birth_date != other.birth_date:
            return False
        return not self.families or not other.families or not self.families.isdisjoint(other.families)


def claim_of(patient: PatientMatch, study_uid: str, *, apart: bool = False) -> IdentityClaim:
    """Return the claim in an answer about a study (or about a patient; then ``study_uid`` is empty).

    Those ``apart`` are never joined with others, which fit what was asked for.
    """
    name = [name_components(group) for group in name_groups(patient.name.casefold())]
    families = (parts[0].replace("-", " ").split() for parts in name)
    born = read_date(patient.birth_date)
    return IdentityClaim(
        (patient.patient_id, _APART * apart + ("" if patient.patient_id else study_uid)),
        _domain_of(patient),
        born or patient.birth_date,
        frozenset(words[0] for words in families if words),
        _whole_name(name, born),
        patient.sex.strip().upper(),
    )


def _whole_name(name: list[list[str]], born: str) -> str:
    """Return the whole name for comparison; empty where there is not enough to identify a patient."""
    full = any(len(parts) > 1 and parts[0] and parts[1] for parts in name)
    if not full or not born or "00" in (born[4:6], born[6:]):
        return ""
    whole = "=".join("^".join(" ".join(part.split()) for part in parts).rstrip("^") for parts in name)
    return "" if _LOST.intersection(whole) else whole.rstrip("=")


def _domain_of(patient: PatientMatch) -> Domain:
    if patient.issuer:
        return "issuer", patient.issuer
    return patient.domain or ("source", patient.source)
