"""The rights of those whose data are kept: a copy, deletion, and an end to keeping (PIPL articles 19, 45 and 47)."""
