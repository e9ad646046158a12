"""搜尋 Texts found by any run of characters in them, one or many, Chinese, Latin or digits.

Most Chinese words have two characters, where indexes of three fail without a word. So every text is kept with
the single characters and the pairs in it (`grams.py`): SQLite keeps them in FTS5, PostgreSQL works the same
ones out for a GIN index (decision 0019). A hit is what a full scan of the same texts would find; what may be
shown to whom is asked in the same query, and answers are put in order from the newest of them (`newest.py`).

Texts belong to a `Corpus` (cases, articles). Whoever writes a record keeps its text in the same transaction:
`index.keep`. `best` ranks, `Found` narrows a list. `yankao index` mends an index that fell behind.
"""
