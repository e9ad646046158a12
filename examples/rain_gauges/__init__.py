"""雨量紀錄 Rainfall.

Gauges tell the rain of every hour in lines of gauge, time and millimetres; told again, or late, it counts
once. The worked example of a journal.
"""
