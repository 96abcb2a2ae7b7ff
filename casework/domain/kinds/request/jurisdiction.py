"""A request whose district has changed (管辖移送): who coordinates it, and who handles it."""

from dataclasses import replace

from casework.domain.case.events import JurisdictionTransferred
from casework.domain.case.state import Post
from casework.domain.kinds.request.state import Request
from casework.domain.policy import Role


def manned(case: Request, body: JurisdictionTransferred) -> Request:
    """The platform of the same level coordinates, the body of the same level handles.

    A municipal post that serves both districts stays as it is: it may have been re-assigned.
    """
    level = case.body.level if case.body else None
    handling = next((each for each in body.bodies if each.level is level), None)
    posts: dict[Role, Post | None] = {
        **case.posts,
        Role.SUPERVISOR: body.posts[Role.SUPERVISOR],
    }
    if (specialist := body.specialists.get(case.level)) != case.specialists.get(case.level):
        posts[Role.SPECIALIST] = specialist
    if handling != case.body:
        posts[Role.LIAISON] = handling.liaison if handling else None
    return replace(
        case,
        posts={role: post for role, post in posts.items() if post is not None},
        bodies=body.bodies,
        specialists=body.specialists,
        body=handling,
    )
