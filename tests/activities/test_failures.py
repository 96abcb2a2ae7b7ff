"""What an activity says when the register keeps it from its work: no word of an entry."""

from typing import Any

import pytest
from sqlalchemy import text
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from casework.security.keys.errors import KeysAwayError
from casework.store.engine import Sessions, create_engine, sessions
from workers.failures import Failing

NAME = "欧阳某某"


class _Run(ActivityInboundInterceptor):
    """The end of the chain: runs the activity."""

    def __init__(self) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        return await input.fn(*input.args)


async def failure_of(doing: Any) -> ApplicationError:
    @activity.defn
    async def does() -> None:
        await doing()

    chain = Failing().intercept_activity(_Run())
    asked = ExecuteActivityInput(fn=does, args=(), executor=None, headers={})
    with pytest.raises(ApplicationError) as failure:
        await ActivityEnvironment().run(chain.execute_activity, asked)
    assert not failure.value.non_retryable
    error: BaseException | None = failure.value
    while error is not None:  # Temporal keeps the cause as well
        assert NAME not in str(error)
        error = error.__cause__
    return failure.value


def saying(opened: Sessions, *statements: str) -> Any:
    async def doing() -> None:
        async with opened.begin() as session:
            for statement in statements:
                await session.execute(text(statement))

    return doing


INSERT = "INSERT INTO ended_sessions VALUES ('{0}', now())"
RAISE = "DO $$ BEGIN RAISE EXCEPTION '{0}' USING ERRCODE = '{1}', DETAIL = '{0}'; END $$"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", "REGISTER_FULL"),
        ("25006", "REGISTER_READ_ONLY"),
        ("40P01", "REGISTER_BUSY"),
        ("57P01", "REGISTER_AWAY"),
        ("42P01", "REGISTER_UNFIT"),
        ("23505", "REGISTER_REFUSED"),
        ("22P02", "REGISTER_REFUSED"),
    ],
)
async def test_a_failure_names_the_kind_and_the_code_alone(
    sessions: Sessions, state: str, kind: str
) -> None:
    failure = await failure_of(saying(sessions, RAISE.format(NAME, state)))
    assert failure.type == kind
    assert state in failure.message


async def test_a_row_that_is_there_already_is_not_quoted(sessions: Sessions) -> None:
    insert = INSERT.format(NAME)
    failure = await failure_of(saying(sessions, insert, insert))
    assert failure.message == "the register refused a statement (23505, ended_sessions_pkey)"


async def test_a_value_of_the_wrong_type_is_not_quoted(sessions: Sessions) -> None:
    async def doing() -> None:
        async with sessions.begin() as session:
            await session.execute(text("SELECT CAST(:number AS integer)"), {"number": NAME})

    assert (await failure_of(doing)).type == "REGISTER_REFUSED"


async def test_secrets_that_cannot_be_reached_are_a_register_that_is_away() -> None:
    async def doing() -> None:
        raise KeysAwayError from ConnectionRefusedError(NAME)

    assert (await failure_of(doing)).type == "REGISTER_AWAY"


async def test_a_connection_that_is_ended_meanwhile_is_away(register_url: str) -> None:
    engine = create_engine(register_url, pool_size=1)
    opened = sessions(engine)

    async def doing() -> None:
        async with opened.begin() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert (await failure_of(doing)).type == "REGISTER_AWAY"
    async with opened() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_what_is_not_of_the_register_is_left_as_it_is() -> None:
    async def doing() -> None:
        raise ApplicationError("某事", type="CaseTaken", non_retryable=True)

    chain = Failing().intercept_activity(_Run())
    asked = ExecuteActivityInput(fn=doing, args=(), executor=None, headers={})
    with pytest.raises(ApplicationError) as failure:
        await chain.execute_activity(asked)
    assert failure.value.type == "CaseTaken"
