"""What holds for every command: version, help, completion, and one clear line for what is wrong."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import casework
from tests.cli.conftest import COMMAND, FakeApi, Run

NO = "310106-0000-0000-0000"


def contexts(command: Any, parent: Any = None) -> Iterator[Any]:
    context = command.context_class(command, parent=parent, **command.context_settings)
    yield context
    for each in getattr(command, "commands", {}).values():
        yield from contexts(each, context)


def test_every_command_knows_both_ways_to_ask_for_help() -> None:
    all_contexts = list(contexts(COMMAND))
    assert len(all_contexts) > 150
    for context in all_contexts:
        assert set(context.help_option_names) == {"-h", "--help"}, context.command.name


def test_help_and_version(run: Run) -> None:
    assert run("cases", "-h").stdout == run("cases", "--help").stdout
    assert run("--version").stdout == f"casework {casework.__version__}\n"


TAKEN_DOWN = """
import atexit, sys
import temporalio.bridge.temporal_sdk_bridge
from casework.cli import main
class Last:
    def __del__(self): print("the interpreter is taken down")
last = Last()
atexit.register(print, "tidied up")
sys.argv = ["casework", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(("words", "code"), [(["--version"], 0), (["bogus"], 2)])
def test_a_process_with_threads_of_the_sdk_ends_before_its_interpreter(
    words: list[str], code: int
) -> None:
    """Such a thread that calls Python while it is taken down aborts the process: exit code 134."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", TAKEN_DOWN, *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    said = ended.stdout.splitlines()
    assert said[-1] == "tidied up"
    assert (said[0] == f"casework {casework.__version__}") is (code == 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["case", "shw"], "Did you mean 'show'"),
        (["show"], "Missing argument 'NO'"),
        (["cases", "--bogus"], "No such option: --bogus"),
        (["cases", "--limit", "0"], "--limit"),
        (["show", "31010-0000-0000-0000"], "区划代码应为六位数字，现为 5 位"),
        (["explain", "310106-0000-O000-0000"], "第 2 组中没有字母 O，请核对是否为 0"),
        (["do", "accept", "310106"], "现有 0 组"),
        (["register", "rebuild", "310106-0000-0000"], "现有 2 组"),
        (["accesses", "--case", "310106-0000-0000-000U"], "第 3 组"),
        (["cases", "--stage", "审合"], "没有阶段“审合”，应为：预审（pre_review）"),
        (["cases", "--card", "绿牌"], "没有督办牌“绿牌”"),
        (["case", "list", "--stage", "服务终止"], "不止一种，请用代码"),
        (["show", NO, "--api", "localhost:8080"], "http://"),
        (["show", NO, "--api", "http://127.0.0.1:1"], "no answer from the API"),
        (["show", NO, "--token", "令牌"], "--token"),
        (["catalogue", "schema", "/proc/none"], "cannot use /proc/none"),
        (["do", "pre-review", NO], "Missing option '--outcome'. Choose from: passed, faulty"),
    ],
)
def test_what_is_wrong_is_one_line(run: Run, words: list[str], told: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_answer_of_something_else_is_one_line(run: Run, api: FakeApi) -> None:
    page = httpx.Response(200, html="<h1>It works!</h1>")
    api.answers["GET", f"/v1/cases/{NO}"] = [page]
    done = run("show", NO, to=api)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "no API of Casework" in done.stderr


@pytest.mark.parametrize(
    "asked", [["cases", "--stage", "审核"], ["case", "list", "--stage", "审核"]]
)
def test_a_stage_may_be_named_in_chinese(run: Run, api: FakeApi, asked: list[str]) -> None:
    path = "/v1/applications" if asked[0] == "cases" else "/v1/cases"
    api.says("GET", path, {"items": [], "next_cursor": None})
    assert run(*asked, "--card", "红牌", to=api).exit_code == 0
    assert run(*asked[:-1], "review", "--card", "red", to=api).exit_code == 0
    for request in api.asked:
        assert (request.url.params["stage"], request.url.params["card"]) == ("review", "red")


@pytest.mark.parametrize(
    ("shell", "typed", "offered"),
    [
        ("bash", "casework cases --stage pre", "pre_review"),
        ("zsh", "casework cases --stage 待补", "待补正"),
        ("fish", "casework do pre-rev", "pre-review"),
    ],
)
def test_the_shell_completes(run: Run, shell: str, typed: str, offered: str) -> None:
    words = typed.split()
    place = {"COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    asked = {"_TYPER_COMPLETE_ARGS": typed, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = run(env={"_CASEWORK_COMPLETE": f"complete_{shell}"} | place | asked, prog="casework")
    assert offered in done.stdout


def command(*words: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "casework", *words],
        stderr=subprocess.PIPE,
        **options,
    )


def test_nobody_reading_is_no_traceback() -> None:
    with command("authority", "table", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # long before the command has anything to say
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Whoever started the tests in the background has made them, and their children, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_is_no_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with command("show", NO, "--token", "any", "--api", place) as waiting:
            asked, _ = silent.accept()
            waiting.send_signal(signal.SIGINT)
            assert waiting.stderr is not None
            said = waiting.stderr.read()
        asked.close()
    assert (waiting.returncode, said) == (130, b"interrupted\n")
