"""工程施工查核 Construction inspection.

The city's inspection team looks at works under construction (functional spec Q1, B7): a yearly number in each
value band, candidates ranked by risk, at least a third of the commissioners from outside, the mean of their
scores rounded half up, deficiencies corrected in thirty days with photographs of before and after. Until
the host agency is phoned, the working day before, only the team, its secretary and the heads of the
commission know of a case.
"""
