"""Whether posts that are to be added speak of places, items and bodies that there are."""

from collections.abc import Iterator, Sequence

from casework.domain.policy import city_of
from casework.domain.staff import StaffFault, StaffPost
from casework.policy.catalogue import Catalogue
from casework.policy.service_catalogue import ServiceCatalogue

_LISTED = 20


def unknown_in(
    posts: Sequence[StaffPost], catalogue: Catalogue, services: ServiceCatalogue
) -> tuple[StaffFault, ...]:
    """Everything in these posts that neither catalogue knows, in the order of rows."""
    return tuple(
        sorted(
            StaffFault(row=row, field=field, code=code, message=message)
            for row, post in enumerate(posts)
            for field, code, message in _unknown(post, catalogue, services)
        )
    )


def _unknown(
    post: StaffPost, catalogue: Catalogue, services: ServiceCatalogue
) -> Iterator[tuple[str, str, str]]:
    platforms = services.platforms()
    districts = {*catalogue.districts(), *platforms}
    if post.district and post.district not in districts:
        yield "district", "UNKNOWN_DISTRICT", "没有此区的代码"
    if post.city not in set(map(city_of, districts)):
        yield "city", "UNKNOWN_CITY", "没有此市的代码"
    items = catalogue.items()
    if unknown := sorted(set(post.items) - items.keys()):
        yield "items", "UNKNOWN_ITEM", f"没有此事项：{'、'.join(unknown)}"
    place = post.district or post.city
    bodies = services.bodies(place) if place in platforms else {}
    if unknown := sorted(set(post.bodies) - bodies.keys()):
        known = "、".join(list(bodies)[:_LISTED]) or "该区没有"
        yield "bodies", "UNKNOWN_BODY", f"没有此服务办理机构：{'、'.join(unknown)}，可用：{known}"
