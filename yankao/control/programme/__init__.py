"""列管計畫 Programme control.

Programmes of works and plans under the city's control, each with a law, a measure and a closing rule of its
own: the annual plan, an investment plan, a reconstruction, a grant from the centre. Every item reports each
month, truthfully, by the 5th. A month that is 5 points behind or has used less than 90 % of its allotment
cannot be submitted without cause, reason and measure; the database itself refuses it. Two red months in a
row put the item on the agenda of the steering meeting. 執行率, 達成率 and 支用率 are three rates and stay
three.
"""
