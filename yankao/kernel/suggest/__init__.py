"""建議 What a citizen's words are likely about, proposed by a model of the city's own closed cases.

The model stays on the machine (`YANKAO_DATA/models`), is trained every night from what the city decided
itself, and says how often it was right on texts it had not been trained on. It proposes three labels with how
sure each is and the words that spoke for it; a human decides, and what was proposed and chosen is kept
(`models.Choice`).

A room declares a `Suggester` and calls `suggester.suggest(text)` and, when somebody has chosen, keeps
`suggester.choice(…)` with the move.
"""
