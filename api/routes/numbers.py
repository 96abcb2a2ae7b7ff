"""Numbers that talent service goes by: without a right one nobody could be found again."""

import re
from datetime import date

from api.edge.problems import invalid
from casework.domain.identifiers import IdentifierError, check_citizen_id, check_credit_code

_CITIZEN_ID = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


def personal_number(written: str, on: date, field: str) -> str:
    """The number of an identity document, in the form by which it is compared.

    What does not look like a citizen's number (a passport, say) is taken as it is written.

    Raises:
        ProblemError: 422 ``ID_NUMBER_INVALID``.
    """
    plain = "".join(written.split())
    if not _CITIZEN_ID.fullmatch(plain):
        return plain
    try:
        return check_citizen_id(plain, on).number
    except IdentifierError as error:
        raise invalid(field, error.message, "ID_NUMBER_INVALID") from None


def credit_code(written: str, field: str) -> str:
    """The credit code of a firm (统一社会信用代码).

    Raises:
        ProblemError: 422 ``EMPLOYER_CODE_INVALID``.
    """
    try:
        return check_credit_code(written)
    except IdentifierError as error:
        raise invalid(field, error.message, "EMPLOYER_CODE_INVALID") from None
