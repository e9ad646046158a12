"""珍貴樹木名冊 Register of old trees.

A tree of note is entered with its girth and place and stays until it is struck off; of one number no two
entries hold at once. The worked example of a register.
"""
