"""話務中心 Call centre.

The city's number 1999 answers day and night, every day since 1 April 2008 (functional spec S5, B9). Every
call comes from the exchange's own log and is kept once, however often the log is read; a call without an
end has a state of its own. How well the calls were answered is said by a named, versioned definition with
its threshold, and every figure prints which one. The room shows the queues live, reckons how many agents a
half-hour needs, and foretells the calls of the weeks to come with the error of that foretelling beside it.
"""
