"""進度填報 Progress: reports by month with their cycle, window, late list, lock and errata; points exact to
two decimals.
"""
