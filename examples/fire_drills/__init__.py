"""消防演練 Fire drills.

A drill is announced, held with those who signed in, and closed with its minutes. The worked example of a
session.
"""
