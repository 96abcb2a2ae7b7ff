"""办件查询, the case itself, and why its clocks are due when they are."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk import web_ui
from api.desk.drawing import strip
from api.desk.lists import COUNTED, asked_of, found, usual
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.desk.words import short_day
from api.edge.problems import ProblemError
from api.routes.at_desk import SavedList
from casework.domain.authority import INSIDE
from casework.domain.kinds.application.shown import LINE_LABELS
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.reports import Figure
from casework.domain.time.explanation import UNIT_NAMES, Source
from casework.filing.bodies import CaseNo
from casework.letters.templates import TEMPLATES
from casework.store.file_type import PDF, SHOWN_AS_JPEG

router = APIRouter(prefix=f"{PATH}/cases", include_in_schema=False)

Json = Mapping[str, Any]
_FILTERS = (
    "number",
    "reference",
    "kind",
    "stage",
    "item",
    "district",
    "holder",
    "card",
    "green",
    "open_debts",
    "due_before",
    "open",
    "due_from",
    "decided_from",
    "decided_before",
    "on_time",
    "office",
    "channel",
    "counted",
    "period",
)


@router.get("")
async def search(visit: Visiting) -> Response:
    """Cases of every kind, by what is known of them."""
    page = await asked_of(visit, SavedList.CASES, _FILTERS)
    if (sent := usual(page)) is not None:
        return sent
    listing = await found(visit, "/v1/cases", page.asked, total=True, count_to=COUNTED)
    figure = page.asked.get("counted")
    return visit.page(
        "search.html",
        listing.status,
        **listing.shown,
        listed=page,
        asked=page.asked,
        most=COUNTED,
        counted=Figure(figure) if figure in set(Figure) else None,
        kinds=[(kind.value, kind.label) for kind in CaseKind],
        stages=[(stage.value, stage.label) for stage in ApplicationStage],
    )


@router.get("/{case_no}")
async def case(case_no: CaseNo, visit: Visiting) -> Response:
    """Everything about a case that the person may see, and what they can do with it."""
    return await _case(visit, case_no)


@router.post("/{case_no}/reveal")
async def reveal(case_no: CaseNo, visit: Visiting) -> Response:
    """The same with the parties in clear: with a reason, and noted."""
    given = await visit.form()
    asked = {"reason": str(given.get("reason", ""))}
    told = (await visit.api.post(f"/v1/cases/{case_no}/disclosure", asked)).json()
    return await _case(visit, case_no, clear=told["parties"])


@router.get("/{case_no}/materials/{number}")
async def material(case_no: CaseNo, number: int, visit: Visiting) -> Response:
    """A file of the case beside the list of its materials; the look is noted by the API."""
    found = await visit.api.get(f"/v1/cases/{case_no}")
    listed = await visit.api.get(f"/v1/cases/{case_no}/materials")
    await looked(visit, found)
    each = next((each for each in listed["items"] if each["number"] == number), None)
    if each is None or not each["sha256"]:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="MATERIAL_NOT_FOUND", detail="本件没有此材料的文件"
        )
    place, kind = f"/v1/cases/{case_no}/materials/{number}", each["media_type"]
    is_picture = kind in SHOWN_AS_JPEG
    return visit.page(
        "material.html",
        case=found,
        each=each,
        items=listed["items"],
        missing=await _missing(visit, found, listed["items"]),
        line_words={status.value: word for status, word in LINE_LABELS.items()},
        faults=listed["faults"],
        file=f"{place}?as=jpeg" if is_picture else place,
        shown=_way_to_show(kind) if listed["may_open"] else "barred",
    )


def _way_to_show(kind: str) -> str:
    return "picture" if kind in SHOWN_AS_JPEG else "frame" if kind == PDF else ""


async def _missing(visit: Visit, case: Json, items: list[Json]) -> list[dict[str, str]]:
    """What the item lists and the case does not have, each with what stands in its place."""
    here = {each["code"] for each in items}
    owed = {line["material"]: line["status"] for line in case["debts"]}
    names = (await item_of(visit, case)).get("material_names", {})
    return [
        {"name": name, "status": owed.get(code, "")}
        for code, name in names.items()
        if code not in here
    ]


@router.get("/{case_no}/clocks")
async def clocks(case_no: CaseNo, visit: Visiting) -> Response:
    """期限说明: every day of each clock, and whether it counts."""
    found = await visit.api.get(f"/v1/cases/{case_no}")
    explained = await visit.api.get(f"/v1/cases/{case_no}/explanation")
    return visit.page(
        "clocks.html",
        case=found,
        clocks=explained["clocks"],
        strips={each["clock"]: strip(each, visit.today) for each in explained["clocks"]},
        units=_UNITS,
        sources=_SOURCES,
    )


_UNITS = {unit.value: name for unit, name in UNIT_NAMES.items()}
_SOURCES = {source.value: source.label for source in Source}


async def looked(visit: Visit, case: Json, doing: str = "") -> Json:
    """Note that the person has a case open, and with which form; who else has, and what is new.

    Of people from outside nothing is noted, and they are told of nobody.
    """
    if visit.actor.role not in INSIDE:
        return {"before_seq": None, "before_at": None, "others": []}
    body = {"seq": case["last_seq"], "doing": doing}
    told: Json = (await visit.api.post(f"/v1/cases/{case['case_no']}/looks", body)).json()
    return told


def _news(visit: Visit, look: Json, events: list[Json]) -> frozenset[int]:
    """The numbers of the events since the person's last visit that are not their own."""
    before = look["before_seq"]
    if before is None:
        return frozenset()
    own = visit.actor.code
    return frozenset(
        each["seq"] for each in events if each["seq"] > before and each["actor"] != own
    )


async def _written(visit: Visit, case: Json) -> list[tuple[str, str]]:
    """What somebody wrote, or was understood of it, that only cases of this kind have."""
    kind = KINDS[CaseKind(case["kind"])]
    if kind.opens is None or visit.actor.role not in INSIDE:
        return []
    own = await visit.api.get(f"/v1/{kind.path}/{case['case_no']}")
    return [
        (
            " ".join([declared.words.get(name, name), *(str(row[key]) for key in declared.key)]),
            row[name],
        )
        for declared in kind.rows
        for row in own[declared.member]
        for name in declared.sealed
        if row[name]
    ]


async def _case(visit: Visit, case_no: str, *, clear: Any = None) -> Response:  # noqa: ANN401 - JSON
    whole = await visit.api.get(f"/v1/cases/{case_no}/whole")
    found, acts, events = whole["case"], whole["acts"]["items"], whole["timeline"]["items"]
    look = await looked(visit, found)
    own = {
        each["task"]
        for each in found["tasks"]
        if each["closed_at"] is None and visit.actor.code in {each["holder"], each["backup"]}
    }
    return visit.page(
        "case.html",
        case=found,
        turn=whole["turn"]["turn"],
        beside=whole["turn"]["beside"],
        written=await _written(visit, found),
        ui=web_ui.of_case(visit, found),
        clear=clear,
        look=look,
        news=_news(visit, look, events),
        materials=whole["materials"],
        clocks=whole["clocks"]["items"],
        letters=whole["letters"]["items"],
        events=events,
        now=[act for act in acts if act["may"] and act["tasks"]],
        held_up=[act for act in acts if not act["may"] and not own.isdisjoint(act["tasks"])],
        further=[act for act in acts if act["may"] and not act["tasks"]],
        barred=[act for act in acts if not act["may"]],
        line_words={status.value: word for status, word in LINE_LABELS.items()},
        letter_words={name: title for name, (title, _) in TEMPLATES.items()},
    )


async def item_of(visit: Visit, case: Json) -> Json:
    """The rules of the item on the day of receipt; nothing for a kind that has no item."""
    if case["kind"] != CaseKind.APPLICATION:
        return {}
    item: Json = await visit.api.get(
        f"/v1/items/{case['item']}", district=case["district"], on=short_day(case["received_at"])
    )
    return item
