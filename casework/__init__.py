"""Casework; `__version__` is the one place where its version is written."""

__version__ = "0.5.0.dev0"
