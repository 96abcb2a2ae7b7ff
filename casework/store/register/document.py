"""An entry as one JSON document, and its parts as rows, taken apart by the server."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    Table,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.selectable import TableValuedAlias

from casework.messages.cases import Entry
from casework.store.models import Model

_ENTRY = TypeAdapter(Entry)
_EVENTS = Model.metadata.tables["events"]

DOCUMENT = select(cast(bindparam("entry", type_=String()), JSONB).label("entry")).cte("document")
"""The parameter ``entry``, read once for the whole statement."""


def document_of(entry: Entry) -> str:
    """The JSON of an entry; what is None is left out.

    PostgreSQL stores no NUL: one that somebody has sent becomes U+FFFD, lest the case stand still.
    """
    text = _ENTRY.dump_json(entry, exclude_none=True).decode()
    return text.replace(r"\u0000", r"\ufffd")


def records(name: str, columns: Iterable[KeyedColumnElement[Any]]) -> TableValuedAlias:
    """The rows of a member that is a list, typed as the columns of those names."""
    typed = [column(c.name, c.type) for c in columns]
    return _rows(func.jsonb_to_recordset(member(name)), typed)


def record(path: Sequence[str], table: Table, without: Collection[str] = ()) -> TableValuedAlias:
    """A member that is an object, as one row; a row of NULLs where it is missing.

    Without a path: the document itself.
    """
    typed = [column(c.name, c.type) for c in table.c if c.name not in without]
    return _rows(func.jsonb_to_record(member(*path)), typed)


def event_rows(columns: Collection[str]) -> TableValuedAlias:
    """The events; ``body`` is text, to be cast: it is JSON within JSON."""
    types = {c.name: c.type for c in _EVENTS.c} | {"body": String()}
    return _rows(
        func.jsonb_to_recordset(member("events")), [column(key, types[key]) for key in columns]
    )


def _rows(function: Any, typed: Collection[ColumnElement[Any]]) -> TableValuedAlias:  # noqa: ANN401 - SQLAlchemy's own functions
    return function.table_valued(*typed).render_derived(name="item", with_types=True)  # type: ignore[no-any-return]


def member(*path: str) -> ColumnElement[Any]:
    """A part of the document, as JSON."""
    value: ColumnElement[Any] = DOCUMENT.c.entry
    for name in path:
        value = value[word(name)]
    return value


def text(*path: str) -> ColumnElement[str]:
    """A part of the document, as text."""
    return func.jsonb_extract_path_text(DOCUMENT.c.entry, *(word(name) for name in path))


def word(value: str) -> ColumnElement[str]:
    """A word of ours, written into the statement: one parameter less each time."""
    return literal_column(f"'{value}'", String)


def admitted(head: CTE, rows: TableValuedAlias | None, *columns: ColumnElement[Any]) -> Select[Any]:
    """The columns once for the head's row, or for each of ``rows``."""
    source = head.join(DOCUMENT, true())
    return select(*columns).select_from(source if rows is None else source.join(rows, true()))
