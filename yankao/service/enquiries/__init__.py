"""市政業務諮詢 Municipal enquiries.

Whoever asks the city at the counter or through 1999 leaves a contact (functional spec S1, B9): when, by which
channel, what became of it, which article answered, and the call it came by. Answers come from a knowledge
base whose articles have an owner and a day of review; once that day is past, an article is no longer called
verified. The public reads the same articles. Nuisance callers are listed by approval and for a time.
"""
