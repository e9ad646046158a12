"""標語徵選 Slogans.

A slogan is sent in, judged under a code word by reviewers who do not learn whose it is, and learns its result
when all of its round do. The worked example of a review.
"""
