"""The statements that write an entry: one JSON document, spread over the tables by the server.

Each is one round trip, however many rows an entry has, and is built once for every set of tables
that entries touch. Its first part, the head, admits the entry or not; everything else is written
for an admitted entry only. The head holds the lock of its case, so that the entries of one case are
written one after the other.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Interval,
    Select,
    Table,
    bindparam,
    cast,
    func,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.sql.selectable import TableValuedAlias

from casework.messages import Entry
from casework.store.document import DOCUMENT, event_rows, member, record, records, text, word
from casework.store.models import Cases, CreditRecords, Events, Model, Notices, Openings, Parties
from casework.store.models import ServiceItems as Items

_TABLES = Model.metadata.tables

Members = frozenset[str]

PROJECTION = {
    "clocks": _TABLES["clocks"],
    "tasks": _TABLES["tasks"],
    "cards": _TABLES["cards"],
    "lines": _TABLES["debts"],
    "materials": _TABLES["materials"],
}
"""Member of ``Entry`` → its table. They follow from the events, as ``cases`` does."""

BREACH = "debt_breached"


def members_of(entry: Entry) -> Members:
    """What an entry has to write beside its events and its case."""
    members = {name for name in (*PROJECTION, "notices") if getattr(entry, name)}
    if any(event.kind == BREACH for event in entry.events):
        members.add("breaches")
    return frozenset(members)


@cache
def opening(members: Members) -> Select[tuple[str]]:
    """Opens a case and writes its first entry; no row if its number or reference is taken.

    Takes ``entry`` (an ``Entry`` in JSON) and ``rehearsal``.
    """
    told = record(("opening",), _TABLES["openings"], ("case_no", "district", "rehearsal"))
    identity = (text("case_no"), text("case", "district"), bindparam("rehearsal", type_=Interval))
    head = (
        insert(Openings)
        .from_select(
            ["case_no", "district", "rehearsal", *told.c.keys()],
            select(*identity, *told.c).select_from(DOCUMENT.join(told, true())),
        )
        .on_conflict_do_nothing()
        .returning(Openings.case_no, Openings.district)
        .cte("head")
    )
    row = record(("case",), _TABLES["cases"])
    opened = insert(Cases).from_select(row.c.keys(), _admitted(head, row, *row.c))
    parties = (_party(head, role) for role in ("applicant", "employer"))
    return select(head.c.case_no).add_cte(
        _item(head), opened.cte("opened"), *parties, _events(head), *_spread(head, members)
    )


@cache
def appending(members: Members) -> Select[tuple[str]]:
    """Writes an entry that follows at once on the last event; no row if it does not.

    Takes ``entry``, ``number`` (of the case) and ``after``, the ``seq`` before its first event.
    """
    case = record(("case",), _TABLES["cases"])
    row = select(*case.c).select_from(DOCUMENT.join(case, true())).subquery("row")
    head = (
        update(Cases)
        .values(dict(row.c))
        .where(
            Cases.case_no == row.c.case_no,
            Cases.case_no == bindparam("number"),  # the planner's way to the row
            Cases.last_seq == bindparam("after"),
        )
        .returning(Cases.case_no, Cases.district)
        .cte("head")
    )
    return select(head.c.case_no).add_cte(_events(head), *_spread(head, members))


@cache
def rewriting(members: Members) -> Select[tuple[str]]:
    """Writes the projection of an entry whatever the register held; takes ``entry``."""
    row = record(("case",), _TABLES["cases"])
    written = insert(Cases).from_select(
        row.c.keys(), select(*row.c).select_from(DOCUMENT.join(row, true()))
    )
    head = (
        written.on_conflict_do_update(
            index_elements=[Cases.case_no], set_={c.name: written.excluded[c.name] for c in row.c}
        )
        .returning(Cases.case_no, Cases.district)
        .cte("head")
    )
    return select(head.c.case_no).add_cte(*_spread(head, members))


def _item(head: CTE) -> CTE:
    values = {
        name: text("opening", "item", name) for name in ("digest", "code", "district", "name")
    }
    body = member("opening", "item")
    written = insert(Items).from_select(
        [*values, "body"], _admitted(head, None, *values.values(), body)
    )
    return written.on_conflict_do_nothing().cte("item")


def _party(head: CTE, role: str) -> CTE:
    person = record(("opening", role), _TABLES["parties"], ("case_no", "role"))
    named = _admitted(head, person, head.c.case_no, word(role), *person.c)
    columns = ["case_no", "role", *person.c.keys()]
    return insert(Parties).from_select(columns, named.where(person.c.name != null())).cte(role)


def _events(head: CTE) -> CTE:
    rows = event_rows(("seq", "kind", "title", "at", "actor", "role", "reason", "body"))
    columns = {c.name: c for c in rows.c} | {"body": cast(rows.c.body, JSONB)}
    written = insert(Events).from_select(
        ["case_no", *columns], _admitted(head, rows, head.c.case_no, *columns.values())
    )
    return written.on_conflict_do_nothing().cte("written_events")


def _notices(head: CTE) -> CTE:
    rows = records("notices", _TABLES["notices"], ("seq", "template", "recipient", "channel"))
    key = func.concat_ws(word(":"), head.c.case_no, rows.c.seq, rows.c.recipient, rows.c.channel)
    queued = _admitted(head, rows, key, head.c.case_no, word("queued"), *rows.c)
    written = insert(Notices).from_select(["key", "case_no", "status", *rows.c.keys()], queued)
    return written.on_conflict_do_nothing().cte("written_notices")


def _breaches(head: CTE) -> CTE:
    rows = event_rows(("seq", "kind", "title", "at", "body"))
    key = func.concat_ws(word(":"), head.c.case_no, rows.c.seq)
    material = func.jsonb_extract_path_text(cast(rows.c.body, JSONB), word("material"))
    found = _admitted(
        head, rows, key, head.c.case_no, rows.c.seq, material, rows.c.at, rows.c.title
    ).where(rows.c.kind == word(BREACH))
    columns = ["id", "case_no", "seq", "material", "recorded_at", "reason"]
    written = insert(CreditRecords).from_select(columns, found)
    return written.on_conflict_do_nothing().cte("written_breaches")


def _spread(head: CTE, members: Members) -> Iterator[CTE]:
    if "notices" in members:
        yield _notices(head)
    if "breaches" in members:
        yield _breaches(head)
    for name, table in PROJECTION.items():
        if name in members:
            yield _rows(head, name, table)


def _rows(head: CTE, name: str, table: Table) -> CTE:
    of_head = [key for key in head.c.keys() if key in table.c]  # noqa: SIM118 - no mapping
    of_rows = [c.name for c in table.c if c.name not in of_head and not c.computed]
    rows = records(name, table, of_rows)
    written = insert(table).from_select(
        [*of_head, *of_rows], _admitted(head, rows, *(head.c[key] for key in of_head), *rows.c)
    )
    changed = {key: written.excluded[key] for key in of_rows if not table.c[key].primary_key}
    return written.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed).cte(
        f"written_{name}"
    )


def _admitted(
    head: CTE, rows: TableValuedAlias | None, *columns: ColumnElement[Any]
) -> Select[Any]:
    """The columns once for the head's row, or for each of ``rows``."""
    source = head.join(DOCUMENT, true())
    return select(*columns).select_from(source if rows is None else source.join(rows, true()))
