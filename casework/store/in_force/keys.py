"""By which keys orders reach a case.

The keys of all scopes differ in form (``Reach``), so that one column holds them all.
"""

from sqlalchemy import ColumnElement, and_, true

from casework.domain.orders.orders import MUNICIPALITIES, Reach, Scope
from casework.store.models import Courses
from casework.store.register.courses import RUNNING


def courses_in(reach: Reach) -> ColumnElement[bool]:
    """The running courses within a reach; those of a single case must have been set apart."""
    return and_(RUNNING, _place(reach))


def courses_of_district(district: str) -> ColumnElement[bool]:
    """The running courses of a district; of all, if it is empty."""
    return and_(RUNNING, Courses.district == district if district else true())


def _place(reach: Reach) -> ColumnElement[bool]:
    match reach.scope:
        case Scope.CITY:
            length = 2 if reach.key[:2] in MUNICIPALITIES else 4
            return Courses.district.startswith(reach.key[:length], autoescape=True)
        case Scope.DISTRICT:
            return Courses.district == reach.key
        case Scope.OFFICE:
            district, _, office = reach.key.partition("/")
            return and_(Courses.district == district, Courses.office == office)
        case Scope.CASE:
            return Courses.alone == reach.key
