"""他系統案件 Requests kept in other systems, taken in by mapping profiles to be looked at and counted.

`profiles/*.json` say how a source's columns are read (`profiles.py`), `taking.py` keeps them by the batch,
`pages.py` shows what came of it and takes a batch back. They are no cases of ours: no clock, no reply.
"""
