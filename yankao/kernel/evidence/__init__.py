"""佐證資料 Evidence files: what may come in (`checks`), where it lies (`store`), what it is
(`models.Evidence`).

Everything goes through `files`: `keep`, `open_bytes`, `serve`, `check_pdf_or_odf`, `verify_store`.
"""
