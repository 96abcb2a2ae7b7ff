"""A round of visits sends no notice: the talents of the sample are asked in person."""

RECIPIENTS: dict[str, tuple[str, ...]] = {}
"""Template → who is told."""
