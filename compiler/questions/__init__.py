"""
What a user can ask of a compilation: what it did (`explain`), why it did not (`why_not`), where it
goes wrong (`bisect`), and for a part of a model (`extract`).

Answers are dictionaries that JSON can hold; each names its `schema` and `version`.
"""
