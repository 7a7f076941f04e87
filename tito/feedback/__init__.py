"""The page that a student gets back: what passed, what did not, and what to mend first.

Every text on it that comes from a submission is shown as text. Nothing here makes HTML out of it.
"""
