"""The floor of citizens' own screens. Empty so far: what is public now stands in the rooms and the report."""
