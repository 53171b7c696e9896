"""Draws medical-looking pictures by formulas, the same for the same seed.

Each file draws one kind of examination. Coordinates are millimetres in the patient's system: x to the
patient's left, y to the back, z to the head (PS3.3 C.7.6.2.1.1).
"""
