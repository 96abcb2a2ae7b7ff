"""The rules. Whoever imports any of them has every kind of case: the foundation asks the kinds."""

import casework.domain.kinds.registry  # noqa: F401 - makes the kinds known
