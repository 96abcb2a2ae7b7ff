"""A case in memory, and what a command would lead to (试办), without anything happening.

Rehearsals play whole scenarios on such cases; the API tries one act on a copy. What is decided, and
in which order, is that of the workflows.
"""
