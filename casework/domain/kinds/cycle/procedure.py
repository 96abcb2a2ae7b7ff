"""The procedure of a service cycle: its beginning here, its verbs and its time in the parts.

Sources: DB50/T 1733—2024 §5.1–5.3; 居住证暂行条例 §10; domain.md §C.8. The standard is silent on a
silent employer, a change of employer, a move and an objection: those rules are proposals.
"""

from casework.domain.kinds.cycle import changes, course, evaluation, passing, permit

PARTS = (evaluation, changes, permit, passing, course)
"""Importing them registers what they decide."""
