"""拾得物招領 Lost property.

A finder hands in a thing; its owner may claim it within six months of the notice (民法第807條), after which
it falls to
the finder or to the city. The worked example of docs/adding-a-room.md: a whole room, and no more.
"""
