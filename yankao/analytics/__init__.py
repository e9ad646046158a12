"""The floor of columnar copies and the pivot explorer. Empty so far."""
