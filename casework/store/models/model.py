"""What all tables have in common: names of constraints, and how values are stored."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import Dialect, ForeignKey, MetaData
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import Text, TypeDecorator

from casework.domain.case.projection import AwaitedRow, Stretches

CaseNo = Annotated[str, mapped_column(ForeignKey("openings.case_no"), primary_key=True)]
Key = Annotated[str, mapped_column(primary_key=True)]


class StretchesJson(TypeDecorator[Stretches]):
    """``[["2022-04-01", "2022-06-01"], ["2022-07-01", null]]``."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Stretches | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - JSON
        return value and [[day and day.isoformat() for day in stretch] for stretch in value]

    def process_result_value(self, value: Any, dialect: Dialect) -> Stretches | None:  # noqa: ANN401, ARG002 - JSON
        return None if value is None else tuple((_day(first), _end(last)) for first, last in value)


class WordsJson(TypeDecorator[tuple[str, ...]]):
    """``["half", "end"]``."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - JSON
        return None if value is None else list(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ANN401, ARG002 - JSON
        return None if value is None else tuple(value)


class AwaitedJson(TypeDecorator[AwaitedRow]):
    """An ``AwaitedRow``; NULL for a clock that no measure reaches."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: AwaitedRow | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - JSON
        if value is None:
            return None
        return {name: each for name, each in asdict(value).items() if each is not None}

    def process_result_value(self, value: Any, dialect: Dialect) -> AwaitedRow | None:  # noqa: ANN401, ARG002 - JSON
        if value is None:
            return None
        return AwaitedRow(**value | {"under": tuple(value.get("under", ()))})


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _end(text: str | None) -> date | None:
    return None if text is None else _day(text)


class Model(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        }
    )
    # "C" orders by bytes: what prefixes and pages of case numbers need, on any server.
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        str: Text(collation="C"),
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB(),
        Stretches: StretchesJson(),
        tuple[str, ...]: WordsJson(),
        AwaitedRow: AwaitedJson(),
    }
