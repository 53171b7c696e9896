"""Files, the index over them, plans, quarantine; the only room that speaks SQL."""
