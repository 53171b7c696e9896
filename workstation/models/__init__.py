"""Qt item models over plain rows: display text, sort keys, named roles."""
