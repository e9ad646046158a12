"""名冊 What the public pages of registers share: pages by keyset and open data (functional spec D19).

A room gives its rows and the columns that anybody may read; nothing else of a record leaves the house.
Registers of things with dates of validity and aliases (names, marks, sites) keep what they share here, once
the first of them is built.
"""
