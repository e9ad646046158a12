"""機關自行研究評獎 In-house research awards.

Civil servants of agencies and schools hand in the reports of research they did themselves (functional spec
R2a). The commission checks the form: an abstract of at most 300 characters, shares of the authors that sum to
100 %, a copy that names nobody, a declaration of earlier awards. Two reviewers or more, none of the author's
agency, score blind; a third is asked where two lie more than fifteen points apart. The meeting gives grades
within their quotas and the appropriation; grade A brings NT$20,000, grade B 8,000, merit 5,000, and a
certificate. Until the day of the announcement nobody outside learns reviewers, scores or grades, and no
reviewer learns an author. Awarded reports stand in a public repository, and new ones are compared with them.
"""
