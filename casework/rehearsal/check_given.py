"""What is given that production would refuse, or that the catalogue does not know."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from casework.domain.authority import Named, posts_refusal
from casework.domain.errors import DomainError
from casework.domain.kinds.application.opening import checked
from casework.domain.kinds.application.state import Claim
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import LAST_DAY
from casework.filing.bodies import body_of_kind
from casework.policy.authority import load_authority
from casework.rehearsal import model_faults, raw
from casework.rehearsal.faults import MISSING, Place, Problem, one_of
from casework.rehearsal.given import (
    FormGiven,
    Given,
    MailGiven,
    Part,
    PermitGiven,
    ServiceGiven,
    Shared,
    TalentGiven,
    name_of,
)
from casework.rehearsal.mailed import mailed
from casework.rehearsal.model_faults import Shape
from casework.rehearsal.opening import arrival, form_body
from casework.rehearsal.registry import Registry
from casework.rehearsal.written import Written


def given_problems(
    written: object, read: Given | ServiceGiven | None, place: Place, registry: Registry
) -> Iterator[Problem]:
    """What is wrong with it; ``read`` is None where its form is, and the rest is looked at."""
    fields = raw.mapping(written)
    if raw.called(written) == "application":
        yield from _named(fields, place, registry)
        on = local_date(read.received_at) if isinstance(read, Given) else LAST_DAY
        yield from _claims(fields, place, registry, on)
        if isinstance(read, Given):
            yield from _written_twice(read, "applicant", place)
            yield from _materials(read, place, registry)
            yield from _submission(read, place, registry)
            yield from _officers(read, place)
    elif isinstance(read, ServiceGiven):
        yield from opened_problems(read, place, registry)


def _named(fields: Mapping[str, Any], place: Place, registry: Registry) -> Iterator[Problem]:
    known = (
        ("item", "事项", registry.catalogue.items()),
        ("district", "区", registry.catalogue.districts()),
    )
    for name, word, there in known:
        code = raw.text(fields.get(name))
        is_code = name == "item" or (code.isdigit() and len(code) == 6)  # noqa: PLR2004 - as GB/T 2260 has it
        if code and is_code and code not in there:
            what = f"事项目录中没有{word} {code}"
            yield Problem(place=(*place, name), what=what, right=one_of(code, there))


def _claims(
    fields: Mapping[str, Any], place: Place, registry: Registry, on: date
) -> Iterator[Problem]:
    facts = registry.catalogue.facts()
    for name, value in raw.mapping(fields.get("claims")).items():
        at = (*place, "claims", name)
        plain = value.isoformat() if isinstance(value, date) else value
        if not isinstance(plain, Claim):
            continue
        if name not in facts:
            yield Problem(place=at, what=f"事项目录中没有事实 {name}", right=one_of(name, facts))
            continue
        try:
            checked({name: plain}, facts, on)
        except DomainError as error:
            yield Problem(place=at, what=error.message, right="")


def _written_twice(
    read: Given | TalentGiven | PermitGiven | FormGiven, field: str, place: Place
) -> Iterator[Problem]:
    if read.person and field in read.model_fields_set:
        at = (*place, "person")
        yield Problem(place=at, what=f"与 {field} 同时出现", right=f"person 和 {field} 之一")


def _materials(read: Given, place: Place, registry: Registry) -> Iterator[Problem]:
    known = registry.materials_of(read.item, read.district, read.received_at)
    at = (*place, "materials")
    codes = read.materials
    if not isinstance(codes, tuple):
        at, codes = (*at, "all_but"), codes.all_but
    for number, code in enumerate(codes):
        if known and code not in known:
            yield Problem(place=(*at, number), what=f"没有材料 {code}", right=one_of(code, known))


def _submission(read: Given, place: Place, registry: Registry) -> Iterator[Problem]:
    """What the submission itself would be refused for."""
    on = local_date(read.received_at)
    if read.item not in registry.catalogue.items():
        return
    if read.district not in registry.catalogue.districts():
        return
    try:
        registry.catalogue.resolve(read.item, read.district, on)
    except DomainError as error:
        yield Problem(place=(*place, "item"), what=error.message, right="那天在该区办理的事项")
        return
    if read.claims.keys() <= registry.catalogue.facts().keys():
        yield from _refused(lambda: arrival(read, registry, "check").question(), place)


def _officers(read: Given, place: Place) -> Iterator[Problem]:
    """Production opens no case for people who are not in that post."""
    named = Named(district=read.district, posts=read.posts)
    refused = posts_refusal(load_authority(), named)
    if refused is not None:
        at = (*place, *refused.field.split("."))
        yield Problem(place=at, what=refused.message, right="岗位表中该区此岗位的人员")
    yield from _staff(read, place)


def _staff(read: Shared, place: Place) -> Iterator[Problem]:
    """Whoever is known may hold a post in the register, in whatever role and district."""
    for index, each in enumerate(read.staff):
        if each.person not in load_authority().staff:
            at = (*place, "staff", index, "person")
            yield Problem(place=at, what="岗位表中没有此人员编号", right="岗位表中的人员")


def opened_problems(
    read: Given | ServiceGiven | None, place: Place, registry: Registry
) -> Iterator[Problem]:
    """What is wrong with a case of talent service, opened at the beginning or in mid-course."""
    if not isinstance(read, ServiceGiven):
        return
    yield from _staff(read, place)
    content = read.content
    own_name = name_of(read)
    at = (*place, own_name)
    service = getattr(content, "service", "")
    services = registry.services.services()
    if service and service not in services:
        what = f"服务清单中没有 {service}"
        yield Problem(place=(*at, "service"), what=what, right=one_of(service, services))
        return
    if read.district:
        inner = (*at, "talent") if read.talent_first else at
        yield from _posts(read, (*inner, "district"), registry)
    talent = read.talent or read.talent_first
    if talent is not None:
        inner = at if read.talent else (*at, "talent")
        yield from _written_twice(talent, "talent", inner)
        yield from _recognition(talent, inner)
    if isinstance(content, MailGiven):
        yield from _refused(lambda: mailed(content, "check", registry), at)
    if isinstance(content, FormGiven):
        yield from _written_twice(content, "applicant", at)
        kind = read.kind
        yield from _body(lambda: form_body(kind, content, "check"), body_of_kind(kind), content, at)
    if read.permit is not None:
        permit = read.permit
        yield from _written_twice(permit, "holder", at)
        if permit.expires_on <= permit.starts_on:
            right = f"晚于 {permit.starts_on}"
            yield Problem(place=(*at, "expires_on"), what="不晚于 starts_on", right=right)


def _recognition(talent: TalentGiven, place: Place) -> Iterator[Problem]:
    if talent.letter is None and talent.score is None:
        yield Problem(place=(*place, "letter"), what=MISSING, right="letter 或 score 之一")
    received_on = local_date(talent.received_at)
    if talent.recognised_on and talent.recognised_on > received_on:
        at = (*place, "recognised_on")
        yield Problem(place=at, what="晚于收件", right=f"不晚于 {received_on}")


def _posts(read: ServiceGiven, place: Place, registry: Registry) -> Iterator[Problem]:
    """Somebody must work where the case is."""
    try:
        registry.cast(read)
    except DomainError as error:
        there = registry.districts_of(read)
        yield Problem(place=place, what=error.message, right=one_of(read.district, there))


def _refused(ask: Callable[[], object], place: Place) -> Iterator[Problem]:
    try:
        ask()
    except DomainError as error:
        at = (*place, *error.field.split(".")) if error.field else place
        yield Problem(place=at, what=error.message, right="")
    except ValidationError as error:
        fields = "、".join(".".join(map(str, each["loc"])) for each in error.errors())
        yield Problem(place=place, what=f"不能收件：{fields}", right="")


def _body(
    make: Callable[[], object], body: type[BaseModel], read: Part, place: Place
) -> Iterator[Problem]:
    """What a body of HTTP would be refused for, at the field of the scenario."""
    try:
        make()
    except ValidationError as error:
        data, shape = read.model_dump(mode="json"), Shape(body.model_json_schema())
        errors = error.errors(include_url=False)
        yield from model_faults.problems(errors, shape, data, Written(), place)
