"""文書 Letters: what a room declares (`declare`), writes (`text`, `paper`), numbers (`series`) and sends
(`issuing`).

Official documents bear the date of the Republic, a number and their parts in a fixed order (公文程式條例
§2–10): 函, 開會通知單, 獎狀, 清冊, 核銷清冊, 表單. What was issued is kept byte for byte and stands in the
outgoing register (`register`); a certificate can be verified by the code printed on it (`verify`).
"""
