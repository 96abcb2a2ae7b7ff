"""Messages as large as they may be: texts and lists at their bounds, no two alike."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import count
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from casework.domain.bounds import AtMost

_NUMBERS = count()


@dataclass(frozen=True)
class Largest:
    """Makes values of any type; ``meant``: what a field of that name may sensibly hold."""

    dice: Random
    now: datetime
    meant: Mapping[str, tuple[Any, ...]]

    def message(self, kind: Any, **given: object) -> Any:
        """A message with nearly every field filled."""
        hints = get_type_hints(kind, include_extras=True)
        return kind(
            **{
                entry.name: self._of(hints[entry.name], entry.name)
                for entry in fields(kind)
                if entry.name not in given
                and (entry.default is MISSING or self.dice.random() < 0.9)
            }
            | given
        )

    def _of(self, hint: Any, name: str, most: int = 0) -> Any:
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            bound = next((mark.most for mark in args[1:] if isinstance(mark, AtMost)), most)
            return self._of(args[0], name, bound)
        if origin in {Union, types.UnionType}:
            choices = [each for each in args if each is not type(None)]
            return self._of(self.dice.choice(choices), name)
        if origin is Literal:
            return self.dice.choice(args)
        if origin is tuple:
            return tuple({self._of(args[0], name): None for _ in range(most)})
        if origin is dict:
            return {}
        if is_dataclass(hint):
            return self.message(hint)
        return self._plain(hint, name, most)

    def _plain(self, hint: Any, name: str, most: int) -> Any:
        dice = self.dice
        if self.meant.get(name) and dice.random() < 0.95:
            return dice.choice(self.meant[name])
        if issubclass(hint, Enum):
            return dice.choice(list(hint))
        if hint is bool:
            return dice.random() < 0.7
        if hint is int:
            return dice.choice([1, 5, most])
        if hint is datetime:
            return self.now
        if hint is date:
            return self.now.date() + timedelta(days=dice.choice([-1, 0, 0, 30, 400]))
        if hint is timedelta:
            return timedelta()
        assert hint is str, hint
        return f"{next(_NUMBERS)}".ljust(most, "满")
