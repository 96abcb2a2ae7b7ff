"""Who am I: what a page has to know of who has logged in."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access.caller import Caller

router = APIRouter(tags=["identity"])


class Me(BaseModel):
    """The caller, as the issuer says."""

    code: str = Field(examples=["ja-o1"])
    role: str = Field(examples=["officer"])
    district: str = Field(examples=["310106"], description="empty: all districts")
    office: str = Field(examples=[""])


@router.get("/me", summary="当前身份")
async def me(actor: Caller) -> Me:
    """Whom the token or the session speaks for."""
    return Me(code=actor.code, role=actor.role, district=actor.district, office=actor.office)
