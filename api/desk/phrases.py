"""常用语: what is proposed for reasons, one's own and the district's."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.desk.deeds import Deed, opened, taken
from api.desk.forms import fields_of_body
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting, to
from api.desk.words import short
from api.routes.at_desk import PhraseBody
from casework.domain.authority import GENERAL, GeneralAction
from casework.domain.case.kind import KNOWN
from casework.policy.authority import load_authority

router = APIRouter(prefix=f"{PATH}/phrases", include_in_schema=False)

PhraseId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
_VERBS = {
    verb.replace("_", "-"): short(command.label)
    for kind in KNOWN.values()
    for verb, command in kind.verbs.items()
    if verb not in kind.unsaid
}


@router.get("")
async def phrases(visit: Visiting) -> Response:
    """Everything that is proposed to the person today, and to end or to add what is theirs."""
    found = await visit.api.get("/v1/phrases")
    return visit.page(
        "phrases.html", rows=found["items"], verbs=_VERBS, keeps_office=_keeps_office(visit)
    )


@router.get("/new")
def adding(visit: Visiting) -> Response:
    """The form of a phrase."""
    return opened(visit, _deed(visit))


@router.post("/new")
async def added(visit: Visiting) -> Response:
    """Show it again, or keep it."""
    return await taken(visit, _deed(visit))


@router.post("/{phrase_id}/end")
async def end(phrase_id: PhraseId, visit: Visiting) -> Response:
    """Propose it no longer."""
    await visit.form()
    await visit.api.post(f"/v1/phrases/{phrase_id}/end", {})
    return to(f"{PATH}/phrases")


def _deed(visit: Visit) -> Deed:
    without = () if _keeps_office(visit) else ("office",)
    return Deed(
        title="登记常用语",
        lead="填写理由时可以选用；选用之后仍可修改，不会自动发出。不要写个人信息。",
        fields=fields_of_body(
            "phrase", PhraseBody, {"verb": tuple(_VERBS.items())}, without=without
        ),
        path="/v1/phrases",
        back=f"{PATH}/phrases",
        effect="登记常用语",
        done=lambda _: f"{PATH}/phrases",
    )


def _keeps_office(visit: Visit) -> bool:
    matrix, action = load_authority(), GeneralAction.KEEP_PHRASES
    return bool(visit.actor.district and matrix.extent(GENERAL, action, visit.actor.role))
