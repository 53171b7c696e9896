"""What is visible: signals out, setters in; no decision about DICOM."""
