"""紀錄 Facts that come from a feed: sources, raw blocks, dead letters, roll-ups, reconciliation.

A room declares its `Journal` in `journal.py` (see `declare.py`), derives its table from `models.Fact`, and
is given idempotent ingestion by (source, external id), replay, repair and the keeping of a roll-up.
"""
