"""The shape of the catalogue's YAML files: what may be written, and nothing else.

Every policy value is a timeline: entries that each say from which day they hold, the value, the
reference it rests on and how firm that is. ``value: null`` repeals from that day.
"""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, Strict, StringConstraints

from casework.domain.authority import Extent
from casework.domain.kinds.registry import CaseKind
from casework.domain.mail import Place
from casework.domain.policy import (
    Channel,
    CheckKind,
    Decider,
    DeferralMode,
    DeliveryMethod,
    FactKind,
    Grace,
    LimitName,
    Mark,
    MaterialForm,
    Recipient,
    Role,
    RunsFrom,
)
from casework.domain.sharing import Way
from casework.domain.talent import TalentClass

# YAML has its own dates, booleans and numbers: a quoted one is a mistake, not a spelling.
Day = Annotated[date, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1)]
Text = Annotated[str, StringConstraints(min_length=1)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
DistrictCode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Source(BaseModel):
    """Part of a file; an unknown field is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(Source):
    """Something that says where it comes from and how firm it is."""

    reference: Text
    mark: Mark


ValueT = TypeVar("ValueT")


class Dated(Sourced, Generic[ValueT]):
    """A value from its first day until the next entry begins; ``null`` repeals."""

    since: Day = Field(alias="from")
    value: ValueT | None


class Timeline(RootModel[tuple[Dated[ValueT], ...]], Generic[ValueT]):
    """The entries of one value, oldest first."""

    model_config = ConfigDict(frozen=True)
    root: Annotated[tuple[Dated[ValueT], ...], Field(min_length=1)]

    def at(self, day: date) -> Dated[ValueT] | None:
        """The entry that holds on that day (its value may be None), or None before the first."""
        return next((entry for entry in reversed(self.root) if entry.since <= day), None)


class LimitSource(Source):
    unit: Literal["working_days", "calendar_days", "months"]
    amount: Count
    rolls_forward: Flag = False
    grace: Grace | None = None
    runs_from: RunsFrom | None = None


class ConditionSource(Source):
    fact: Code
    op: Literal[
        "eq", "ne", "in", "ge", "le", "truthy", "falsy", "months_left_ge", "working_days_since_ge"
    ]
    value: Annotated[bool, Strict()] | Annotated[int, Strict()] | str | tuple[str, ...] | None = (
        None
    )


class DeferralSource(Sourced):
    consent: Annotated[tuple[Role, ...], Field(min_length=1)]
    modes: Annotated[tuple[DeferralMode, ...], Field(min_length=1)]


class MaterialSource(Source):
    """``waived_by``: a measure under which the material is not asked for at all."""

    main: Flag
    when: tuple[ConditionSource, ...] = ()
    alternatives: tuple[Code, ...] = ()
    waived_by: Text | None = None
    deferral: DeferralSource | None = None


class PreconditionSource(Source):
    text: Text
    condition: ConditionSource


class CheckSource(Source):
    when: tuple[ConditionSource, ...] = ()
    skipped_by: Text | None = None


class GreenSource(Source):
    requesters: Annotated[tuple[Role, ...], Field(min_length=1)]
    consent: Annotated[tuple[Role, ...], Field(min_length=1)]
    evidence: tuple[Text, ...]
    horizon_days: Count


class Layer(Source):
    """What defaults, an item, or a district's overlay may say; the topmost that speaks wins."""

    in_force: Timeline[Flag] | None = None
    legal_category: Timeline[Text] | None = None
    right_authority: Timeline[Text] | None = None
    channels: Timeline[tuple[Channel, ...]] | None = None
    needs_paper: Timeline[Flag] | None = None
    decider: Timeline[Decider] | None = None
    publicity: Timeline[Flag] | None = None
    delivery: Timeline[tuple[DeliveryMethod, ...]] | None = None
    green: Timeline[GreenSource] | None = None
    entitlement: Timeline[Code] | None = None
    recipients: Timeline[Annotated[tuple[Recipient, ...], Field(min_length=1)]] | None = None
    limits: dict[LimitName, Timeline[LimitSource]] = {}
    materials: dict[Code, Timeline[MaterialSource]] = {}
    preconditions: dict[Code, Timeline[PreconditionSource]] = {}
    checks: dict[CheckKind, Timeline[CheckSource]] = {}


class ItemFile(Layer):
    """``items/<CODE>.yaml``: one service item as a whole city (its division code) handles it."""

    name: Text
    city: DistrictCode


class OfficeHours(Source):
    opens: ClockTime
    closes: ClockTime


class ProfileFile(Source):
    """``districts/<code>/profile.yaml``: the office and the channels that reach it.

    ``office``: its name, if it is not the talent service centre of the district's name.
    """

    name: Text
    office: Text | None = None
    channels: Timeline[tuple[Channel, ...]]
    office_hours: Timeline[OfficeHours]
    postal_address: Timeline[Text] | None = None


class Window(Sourced):
    """Where and when a measure holds; both days are included, no ``until`` means still.

    ``channels``: of the cases of which it speaks; left out, the online ones where it speaks of
    online acceptance, else all.
    """

    districts: Annotated[tuple[DistrictCode, ...], Field(min_length=1)]
    items: Annotated[tuple[Text, ...], Field(min_length=1)]
    since: Day = Field(alias="from")
    until: Day | None = None
    online_accepted_from: Day | None = None
    channels: tuple[Channel, ...] = ()


class MeasureFile(Source):
    """``measures/<EFFECT>.yaml``: a temporary measure and its windows."""

    name: Text
    meaning: Text
    windows: Annotated[tuple[Window, ...], Field(min_length=1)]


class FactSource(Source):
    """One thing a form may state; ``choices`` only for a choice.

    ``past``, only for a date: it tells of what has happened, so that no later day makes sense.
    """

    name: Text
    kind: FactKind
    choices: dict[Code, Text] = {}
    past: bool = False


class MaterialName(Source):
    name: Text
    form: MaterialForm


class VocabularyFile(Source):
    """``vocabulary.yaml``: the facts and materials that the other files may speak of."""

    facts: dict[Code, FactSource]
    materials: dict[Code, MaterialName]


Row = dict[Role, Extent]


class MunicipalSource(Source):
    """Whom a municipal platform serves."""

    roles: tuple[Role, ...]
    kinds: tuple[CaseKind, ...]
    classes: tuple[TalentClass, ...]


class AuthorityFile(Sourced):
    """``authority/default.yaml``, and ``authority/<district>.yaml`` with the rows that differ.

    ``actions``: kind of case → action → role → extent; a role that is not there may not.
    """

    by_office: tuple[Role, ...] = ()
    municipal: MunicipalSource | None = None
    actions: dict[Code, dict[Code, Row]] = Field(default_factory=dict)


class SharingSource(Source):
    """How work is shared out: ``casework.domain.sharing.SharingRule``; ``cap`` 0 is none."""

    way: Way
    otherwise: Way = Way.LEAST_LOADED
    cap: Annotated[int, Strict(), Field(ge=0, le=10_000)] = 0
    claim_within: Annotated[int, Strict(), Field(ge=1, le=60)] = 2
    team: Text | None = None
    skills: tuple[Text, ...] = ()


class SharingFile(Source):
    """``sharing/default.yaml``, and ``sharing/<district>.yaml`` where a district has other ways.

    Item (``*`` for every other one) → role → the ways, oldest first; ``null``: by rank again.
    ``directory_leavers``: whether somebody leaves at once, without a second person, when the
    directory (SCIM) of the place says so; unsaid, a second person approves.
    """

    items: dict[Text, dict[Role, Timeline[SharingSource]]] = Field(default_factory=dict)
    directory_leavers: Timeline[Flag] | None = None


class LetterSource(Source):
    """One kind of letter (文书); ``*`` for what is said of none by name.

    ``series``: the word of the kind within the document's number. ``basis`` is a whole sentence and
    must rest on law or source. ``title`` and ``text`` take the place of the common wording; one of
    ``titles``, by item, that of ``title``: a result is called after what it gives (积分通知书).
    ``replaces``: the kinds of letters of the same case that hold no longer once this one is sent.
    """

    series: Timeline[Text] | None = None
    title: Timeline[Text] | None = None
    titles: dict[Text, Timeline[Text]] = Field(default_factory=dict)
    text: Timeline[Text] | None = None
    basis: Timeline[Text] | None = None
    redress: Timeline[Text] | None = None
    bring: Timeline[tuple[Text, ...]] | None = None
    replaces: Timeline[tuple[Text, ...]] | None = None


class LettersFile(Source):
    """``letters/default.yaml``, and ``letters/<district>.yaml`` with what the district adds.

    ``word``: the office's word in the numbers of its documents (机关代字). ``fees``: what an item
    costs, ``*`` for every other one; the service guide says it. ``moves``, by item as well: whether
    people are told when their running case goes on under newer policy; unsaid, they are not.
    ``contact_officer``: the contact while somebody deals with the case, ``{officer}`` being their
    code; unsaid, or while nobody does, it is ``contact``.
    """

    word: Timeline[Text] | None = None
    address: Timeline[Text] | None = None
    hours: Timeline[Text] | None = None
    phone: Timeline[Text] | None = None
    contact: Timeline[Text] | None = None
    contact_officer: Timeline[Text] | None = None
    fees: dict[Text, Timeline[Text]] = Field(default_factory=dict)
    moves: dict[Text, Timeline[Flag]] = Field(default_factory=dict)
    letters: dict[Text, LetterSource] = Field(default_factory=dict)


class GrammarSource(Source):
    """A form in which senders write to a mailbox: ``casework.domain.mail.Grammar``."""

    name: Text
    mailbox: Code
    place: Place
    template: Text
    business: Annotated[dict[Text, Text], Field(min_length=1)]


class MailFile(Source):
    """``mail/<district>.yaml``: what a district asks of the mails that bring it cases.

    ``mailboxes``: title by purpose; the addresses are settings of the office. ``by_words``: service
    item by a word of the subject, for business without a grammar. ``urgent_words``: what a subject
    says that asks for the green channel.
    """

    mailboxes: Timeline[dict[Code, Text]]
    grammars: Timeline[tuple[GrammarSource, ...]] | None = None
    by_words: Timeline[dict[Text, Text]] | None = None
    urgent_words: Timeline[tuple[Text, ...]] | None = None
    online_only: Timeline[tuple[Text, ...]] | None = None
    word_for: Timeline[tuple[Text, ...]] | None = None
    archive_per_person: Timeline[Flag] | None = None
    jpeg_only: Timeline[Flag] | None = None
    contact_in_mail: Timeline[Flag] | None = None
    one_mailbox_a_unit: Timeline[Flag] | None = None


FILES: dict[str, type[BaseModel]] = {
    "authority": AuthorityFile,
    "defaults": Layer,
    "item": ItemFile,
    "letters": LettersFile,
    "mail": MailFile,
    "measure": MeasureFile,
    "overlay": Layer,
    "profile": ProfileFile,
    "sharing": SharingFile,
    "vocabulary": VocabularyFile,
}


def schema_texts() -> dict[str, str]:
    """File name → JSON Schema, the same on every run."""
    return {
        f"{name}.json": json.dumps(
            {"$schema": "https://json-schema.org/draft/2020-12/schema"}
            | model.model_json_schema(by_alias=True),
            ensure_ascii=False,
            indent=2,
            sort_keys=True,
        )
        + "\n"
        for name, model in FILES.items()
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write all schemas into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schema_texts().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
