"""經費 Money: amount × year × funding source in exact 元, splits that sum to their total, ceilings and
appropriations (functional spec B6, D11).
"""
