"""The statements that write an entry: one JSON document, spread over the tables by the server.

Each is one round trip, however many rows an entry has, and is built once for every set of tables
that entries touch. Its first part, the head, admits the entry or not; everything else is written
for an admitted entry only. The head holds the lock of its case, so that the entries of one case are
written one after the other.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Interval,
    Select,
    String,
    Table,
    Text,
    any_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, distinct_on, insert
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.selectable import TableValuedAlias

from casework.domain.case.projection import CASE, tables
from casework.messages.entry import Entry
from casework.store.models import (
    Armings,
    Cases,
    Changes,
    Clocks,
    Courses,
    CreditRecords,
    Events,
    Model,
    Notices,
    Openings,
    Parties,
    Suspensions,
)
from casework.store.models import ServiceItems as Items
from casework.store.register.courses import COURSE, DATED, OWN, course_id

_TABLES = Model.metadata.tables
_ENTRY = TypeAdapter(Entry)
_EVENTS = _TABLES["events"]
_CLOCK = Clocks.__table__.c
_COURSE = Courses.__table__.c
_CASE_PATH = ("rows", CASE.member, "0")

Members = frozenset[str]

PROJECTION = {each.member: _TABLES[each.table] for each in tables() if each is not CASE}
"""Member of the rows of an ``Entry`` → its table; they follow from the events, as `cases` does."""

_BESIDE = ("notices", "breaches", "employer", "policy", "operations", "addresses")
"""What an entry may have to write that does not follow from its events."""

NEVER_OUTDATED = 2**63 - 1
"""The ``version`` of an entry whose case knows nothing of orders."""

UP_TO_DATE = ~exists().where(
    Changes.key == any_(bindparam("keys", type_=ARRAY(Text))),
    Changes.version > bindparam("version", type_=BigInteger),
)
"""Whether no order that concerns one of ``keys`` has been applied since ``version``."""


DOCUMENT = select(cast(bindparam("entry", type_=String()), JSONB).label("entry")).cte("document")
"""The parameter ``entry``, read once for the whole statement."""

_INSTANT = DateTime(timezone=True)
DECIDED_LATER = (
    Armings.decided_at > bindparam("decided_at", type_=_INSTANT)
) & Armings.decided_at.is_distinct_from(bindparam("follows", type_=_INSTANT))
"""Whether another attempt decided what is recorded, and decided it after this entry.

A worker that is too slow for Temporal may still write what nobody holds: it must not follow on what
the attempt after it has written. What follows on its own entry is never told so, even if the clock
of Temporal was set back between the two.
"""


def document_of(entry: Entry) -> str:
    """The JSON of an entry; what is None is left out.

    PostgreSQL stores no NUL: one that somebody has sent becomes U+FFFD, lest the case stand still.
    """
    text = _ENTRY.dump_json(entry, exclude_none=True).decode()
    return text.replace(r"\u0000", r"\ufffd")


def members_of(entry: Entry) -> Members:
    """What an entry has to write beside its events and its case."""
    members = {name for name, rows in entry.rows.items() if rows}
    members |= {name for name in _BESIDE if getattr(entry, name)}
    if entry.employer_subject is not None:
        members.add("employer_subject")
    return frozenset(members)


@cache
def opening(members: Members) -> Select[tuple[str]]:
    """Opens a case and writes its first entry; no row if its number or reference is taken.

    Takes ``entry`` (an ``Entry`` in JSON), ``rehearsal``, ``version`` and ``keys``.
    """
    of_others = ("case_no", "district", "rehearsal", "gives_way_to")
    told = record(("opening",), _TABLES["openings"], of_others)
    identity = (
        text("case_no"),
        text(*_CASE_PATH, "district"),
        bindparam("rehearsal", type_=Interval),
    )
    head = (
        insert(Openings)
        .from_select(
            ["case_no", "district", "rehearsal", *told.c.keys()],
            select(*identity, *told.c).select_from(DOCUMENT.join(told, true())).where(UP_TO_DATE),
        )
        .on_conflict_do_nothing()
        .returning(Openings.case_no, Openings.district)
        .cte("head")
    )
    row = record(_CASE_PATH, _TABLES["cases"])
    opened = insert(Cases).from_select(row.c.keys(), admitted(head, row, *row.c))
    employer = ("employer",) if "employer" in members else ("opening", "employer")
    parties = (
        _party(head, "applicant", ("opening", "applicant")),
        _party(head, "employer", employer),
        _party(head, "agent", ("opening", "agent")),
    )
    return select(head.c.case_no).add_cte(
        _item(head, ("opening", "item")),
        opened.cte("opened"),
        *parties,
        _events(head),
        _arming(head),
        *_spread(head, members),
    )


@cache
def appending(members: Members) -> Select[tuple[str]]:
    """Writes an entry that follows at once on the last event; no row if it does not.

    Takes ``entry``, ``number`` (of the case), ``after``, the ``seq`` before its first event,
    ``version``, ``keys``, ``decided_at`` and ``follows``.
    """
    case = record(_CASE_PATH, _TABLES["cases"])
    row = select(*case.c).select_from(DOCUMENT.join(case, true())).subquery("row")
    head = (
        update(Cases)
        .values(dict(row.c))
        .where(
            Cases.case_no == row.c.case_no,
            Cases.case_no == bindparam("number"),  # the planner's way to the row
            Cases.last_seq == bindparam("after"),
            UP_TO_DATE,
            ~exists().where(Armings.case_no == Cases.case_no, DECIDED_LATER),
        )
        .returning(Cases.case_no, Cases.district)
        .cte("head")
    )
    parties = [_party(head, "employer", ("employer",))] if "employer" in members else []
    items = [_item(head, ("policy",))] if "policy" in members else []
    owners = [_owner(head)] if "employer_subject" in members else []
    owners += [_addresses(head)] if "addresses" in members else []
    return select(head.c.case_no).add_cte(
        *items, *parties, *owners, _events(head), _arming(head), *_spread(head, members)
    )


@cache
def rewriting(members: Members) -> Select[tuple[str]]:
    """Writes the projection of an entry whatever the register held; takes ``entry``."""
    row = record(_CASE_PATH, _TABLES["cases"])
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
    return select(head.c.case_no).add_cte(*_spread(head, members, mend=True))


def _item(head: CTE, path: tuple[str, ...]) -> CTE:
    values = {name: text(*path, name) for name in ("digest", "code", "district", "name")}
    body = member(*path)
    written = insert(Items).from_select(
        [*values, "body"], admitted(head, None, *values.values(), body)
    )
    return written.on_conflict_do_nothing().cte("item")


def _party(head: CTE, role: str, path: tuple[str, ...]) -> CTE:
    """The party at that place of the entry, if there is one; it replaces the one before."""
    person = record(path, _TABLES["parties"], ("case_no", "role"))
    named = admitted(head, person, head.c.case_no, word(role), *person.c)
    columns = ["case_no", "role", *person.c.keys()]
    written = insert(Parties).from_select(columns, named.where(person.c.name != null()))
    changed = {key: written.excluded[key] for key in person.c.keys()}  # noqa: SIM118 - no mapping
    return written.on_conflict_do_update(
        index_elements=[Parties.case_no, Parties.role], set_=changed
    ).cte(role)


def _addresses(head: CTE) -> CTE:
    """How parties are reached from now on."""
    rows = records(
        ("addresses",), (_TABLES["parties"].c[key] for key in ("role", "email", "phone"))
    )
    told = admitted(head, rows, head.c.case_no, *rows.c).subquery("told")
    changed = update(Parties).values(email=told.c.email, phone=told.c.phone)
    return (
        changed.where(Parties.case_no == told.c.case_no, Parties.role == told.c.role)
        .returning(Parties.case_no)
        .cte("written_addresses")
    )


def _owner(head: CTE) -> CTE:
    """Whose case it is from now on, as employer."""
    told = select(text("employer_subject")).select_from(DOCUMENT).scalar_subquery()
    changed = update(Openings).values(employer_subject=told)
    return (
        changed.where(Openings.case_no == head.c.case_no)
        .returning(Openings.case_no)
        .cte("written_owner")
    )


def _events(head: CTE) -> CTE:
    names = ("seq", "kind", "title", "at", "actor", "role", "reason", "body", "hash")
    rows = event_rows(names)
    columns = {c.name: c for c in rows.c} | {"body": cast(rows.c.body, JSONB)}
    written = insert(Events).from_select(
        ["case_no", *columns], admitted(head, rows, head.c.case_no, *columns.values())
    )
    return written.on_conflict_do_nothing().cte("written_events")


def _notices(head: CTE) -> CTE:
    columns = (_TABLES["notices"].c[key] for key in ("seq", "template", "recipient", "channel"))
    rows = records(("notices",), columns)
    key = func.concat_ws(word(":"), head.c.case_no, rows.c.seq, rows.c.recipient, rows.c.channel)
    queued = admitted(head, rows, key, head.c.case_no, word("queued"), *rows.c)
    written = insert(Notices).from_select(["key", "case_no", "status", *rows.c.keys()], queued)
    return written.on_conflict_do_nothing().cte("written_notices")


def _breaches(head: CTE) -> CTE:
    told = ("seq", "material", "recorded_at", "reason")
    rows = records(("breaches",), (_TABLES["credit_records"].c[key] for key in told))
    key = func.concat_ws(word(":"), head.c.case_no, rows.c.seq)
    found = admitted(head, rows, key, head.c.case_no, *rows.c)
    written = insert(CreditRecords).from_select(["id", "case_no", *rows.c.keys()], found)
    return written.on_conflict_do_nothing().cte("written_breaches")


def _arming(head: CTE) -> CTE:
    """What the case knows, and when it wakes; with this each recorder waits for orders."""
    armed = record((), _TABLES["armings"], ("case_no",))
    written = insert(Armings).from_select(
        ["case_no", *armed.c.keys()], admitted(head, armed, head.c.case_no, *armed.c)
    )
    changed = {key: written.excluded[key] for key in armed.c.keys()}  # noqa: SIM118 - no mapping
    return written.on_conflict_do_update(index_elements=[Armings.case_no], set_=changed).cte(
        "written_arming"
    )


def _spread(head: CTE, members: Members, *, mend: bool = False) -> Iterator[CTE]:
    if "notices" in members:
        yield _notices(head)
    if "breaches" in members:
        yield _breaches(head)
    if "operations" in members:
        yield _rows(head, ("operations",), _TABLES["operations"])
    if "clocks" in members:
        yield from _clocks(head, mend=mend)
    for name, table in PROJECTION.items():
        if name in members and name != "clocks":
            yield _rows(head, ("rows", name), table)


def _rows(head: CTE, path: Sequence[str], table: Table) -> CTE:
    of_head = [key for key in ("case_no", "district") if key in table.c]
    of_rows = [c.name for c in table.c if c.name not in of_head and not c.computed]
    rows = records(path, (table.c[key] for key in of_rows))
    written = insert(table).from_select(
        [*of_head, *of_rows], admitted(head, rows, *(head.c[key] for key in of_head), *rows.c)
    )
    told = [key for key in (*of_head, *of_rows) if not table.c[key].primary_key]
    changed = {key: written.excluded[key] for key in told}
    return written.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed).cte(
        f"written_{path[-1]}"
    )


def _clocks(head: CTE, *, mend: bool) -> Iterator[CTE]:
    """Each clock, and its course if none runs it yet; ``mend``: the course as it should be.

    A course that is there is right: it was dated by the latest order, and the entry is up to date.
    """
    run = _run(head)
    spec = [name for name in run.c.keys() if name in _COURSE]  # noqa: SIM118 - no mapping
    courses = insert(Courses).from_select(
        ["id", *spec],
        # Always in the same order, lest two recorders wait for each other.
        select(run.c.course, *(run.c[name] for name in spec))
        .ext(distinct_on(run.c.course))
        .order_by(run.c.course),
    )
    dates = {name: courses.excluded[name] for name in DATED}
    yield (
        courses.on_conflict_do_update(index_elements=[Courses.id], set_=dates)
        if mend
        else courses.on_conflict_do_nothing()
    ).cte("written_courses")
    columns = ("case_no", *OWN, "course")
    whose = insert(Clocks).from_select(columns, select(*(run.c[name] for name in columns)))
    changed = {name: whose.excluded[name] for name in ("kind", "name", "course")}
    yield whose.on_conflict_do_update(
        index_elements=[Clocks.case_no, Clocks.clock], set_=changed
    ).cte("written_clocks")


def _run(head: CTE) -> CTE:
    """The clocks of the entry with the columns of both tables."""
    rows = records(
        ("rows", "clocks"), (*(_CLOCK[name] for name in OWN), *(_COURSE[name] for name in COURSE))
    )
    alone = exists().where(Suspensions.key == head.c.case_no)
    course = {
        "district": head.c.district,
        "office": text(*_CASE_PATH, "office"),
        "alone": case((alone, head.c.case_no), else_=word("")),
        **{name: rows.c[name] for name in COURSE},
    }
    return admitted(
        head,
        rows,
        head.c.case_no,
        *(rows.c[name] for name in OWN),
        course_id(course).label("course"),
        *(column.label(name) for name, column in course.items()),
    ).cte("run")


def records(path: Sequence[str], columns: Iterable[KeyedColumnElement[Any]]) -> TableValuedAlias:
    """The rows at a place that is a list, typed as the columns of those names."""
    typed = [column(c.name, c.type) for c in columns]
    return _typed(func.jsonb_to_recordset(member(*path)), typed)


def record(path: Sequence[str], table: Table, without: Collection[str] = ()) -> TableValuedAlias:
    """A member that is an object, as one row; a row of NULLs where it is missing.

    Without a path: the document itself.
    """
    typed = [column(c.name, c.type) for c in table.c if c.name not in without]
    return _typed(func.jsonb_to_record(member(*path)), typed)


def event_rows(columns: Collection[str]) -> TableValuedAlias:
    """The events; ``body`` is text, to be cast: it is JSON within JSON."""
    types = {c.name: c.type for c in _EVENTS.c} | {"body": String()}
    return _typed(
        func.jsonb_to_recordset(member("events")), [column(key, types[key]) for key in columns]
    )


def _typed(function: Any, typed: Collection[ColumnElement[Any]]) -> TableValuedAlias:  # noqa: ANN401 - SQLAlchemy's own functions
    return function.table_valued(*typed).render_derived(name="item", with_types=True)  # type: ignore[no-any-return]


def member(*path: str) -> ColumnElement[Any]:
    """A part of the document, as JSON."""
    value: ColumnElement[Any] = DOCUMENT.c.entry
    for name in path:
        value = value[literal_column(name) if name.isdigit() else word(name)]
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
