"""機關研究經費補助 In-house research grants.

Agencies and schools plan research of their own and ask for a little money (functional spec R2b). A plan is
screened, then judged blind by two reviewers or more on three criteria: validity of its research value,
difficulty of its method, relevance to the building of the city or the reform of its services. The meeting
approves amounts within the grant budget; until the announcement nobody outside learns who judged and how. An
approved plan is carried out, its report is due by a clock, and a delivered report may be linked to the paper
handed in for an award; then the grant is settled, or revoked where no report comes.
"""
