"""場次 Sessions: meetings, trainings, lectures and reviews with place, roster, minutes, agenda and
resolutions.
"""
