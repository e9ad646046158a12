"""英語服務標章 English service badges.

Shops, hotels and services that welcome guests in English carry the city's badge (functional spec R9): the
business applies, is coached on the spot and assessed; with the pass mark of the rule it is certified for
three years. A reassessment in time renews the badge, otherwise it lapses.
"""
