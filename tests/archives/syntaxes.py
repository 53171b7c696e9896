"""The association profile by which dcmqrscp takes every transfer syntax for the storage classes we test with.

DCMTK's own documentation calls the file format "association negotiation configuration" (asconfig).
"""

from __future__ import annotations

from pydicom.uid import UID, AllTransferSyntaxes
from pynetdicom import sop_class

_UNCOMPRESSED = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2")
_SERVICES = [
    sop_class.Verification,
    sop_class.StudyRootQueryRetrieveInformationModelFind,
    sop_class.StudyRootQueryRetrieveInformationModelMove,
    sop_class.StudyRootQueryRetrieveInformationModelGet,
    sop_class.PatientRootQueryRetrieveInformationModelFind,
    sop_class.PatientRootQueryRetrieveInformationModelMove,
    sop_class.PatientRootQueryRetrieveInformationModelGet,
]
_STORAGE = [
    sop_class.CTImageStorage,
    sop_class.EnhancedCTImageStorage,
    sop_class.MRImageStorage,
    sop_class.EnhancedMRImageStorage,
    sop_class.UltrasoundImageStorage,
    sop_class.UltrasoundMultiFrameImageStorage,
    sop_class.SecondaryCaptureImageStorage,
    sop_class.ComputedRadiographyImageStorage,
    sop_class.DigitalXRayImageStorageForPresentation,
    sop_class.SegmentationStorage,
    sop_class.RTDoseStorage,
    sop_class.BasicTextSRStorage,
    sop_class.GrayscaleSoftcopyPresentationStateStorage,
    sop_class.EncapsulatedPDFStorage,
]


def profile(name: str) -> str:
    """The text of a configuration file with one profile called ``name``."""
    # dcmqrscp chooses by its own order: what is offered compressed stays compressed.
    compressed = [uid for uid in AllTransferSyntaxes if uid not in _UNCOMPRESSED]
    everything = [*compressed, *_UNCOMPRESSED]
    contexts = [f"{uid}\\Uncompressed" for uid in _SERVICES] + [f"{uid}\\Everything" for uid in _STORAGE]
    return "\n".join(
        [
            "[[TransferSyntaxes]]",
            *_section("Uncompressed", "TransferSyntax", _UNCOMPRESSED),
            *_section("Everything", "TransferSyntax", everything),
            "[[PresentationContexts]]",
            *_section("Contexts", "PresentationContext", contexts),
            # C-GET needs the requestor as SCP (PS3.7 D.3.3.4), C-STORE as SCU.
            "[[SCPSCURoleSelection]]",
            *_section("Roles", "Role", [f"{uid}\\BOTH" for uid in _STORAGE]),
            "[[Profiles]]",
            f"[{name}]",
            "PresentationContexts = Contexts",
            "SCPSCURoleSelection = Roles",
            "",
        ]
    )


def _section(name: str, key: str, values: list[str] | list[UID] | tuple[str, ...]) -> list[str]:
    return [f"[{name}]", *(f"{key}{number} = {value}" for number, value in enumerate(values, 1))]
