"""個資保管庫 The vault: who wrote to the city, kept apart from what was written.

Everything that tells a person (name, telephones, e-mail, address, ID number) lies in `Identity`, encrypted by
a data key of its own, which a master key wraps (`keys.py`). A room holds a foreign key and nothing else;
lists show `keeping.masked`, and whoever needs the whole asks `revealing.reveal`, which looks at the duty and
leaves a line the person concerned can read. Accusations are a class of their own (`sealed`), opened by their
custodians alone. Forgetting destroys the data key (`shredding.py`).
"""
