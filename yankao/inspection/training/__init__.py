"""工程教育訓練 Construction training.

Courses for the people who plan, supervise and build the city's works (functional spec Q3, D17): places by
agency and nomination by the agency itself, invitations for the calendar, signing in by phone with a code that
rotates, hours by the minutes present, an anonymous questionnaire with its response rate. What to teach is
suggested by the deficiencies that inspections find most, and shown to work, or not, by those found later.
Heads are never typed: each person is a row of attendance.
"""
