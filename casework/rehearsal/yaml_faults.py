"""From a file to its text, and from what YAML says of it to Chinese."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from casework.rehearsal.faults import Fault, ScenarioError

_FULL_WIDTH = re.compile(r"^\s*(?:-\s+)?[A-Za-z_]+：")
_TABBED = re.compile(r"^ *\t")
_SAID = (
    ("expected a single document", "文件中有多个文档（---）", "一个场景一个文件"),
    ("mapping values are not allowed", "此处不能有冒号", "缩进对齐的 字段: 值；含冒号的文字加引号"),
    ("expected <block end>", "缩进没有对齐", "同一层的字段左端对齐"),
    ("could not find expected ':'", "缺少冒号", "字段: 值，冒号后有空格"),
    ("expected ',' or '}'", "花括号没有合上，或缺少逗号", "{字段: 值, 字段: 值}"),
    ("expected ',' or ']'", "方括号没有合上，或缺少逗号", "[值, 值]"),
    ("end of stream", "引号没有合上", "成对的引号"),
    ("undefined alias", "引用了没有定义的名称（*）", "加引号的文字"),
    ("duplicate anchor", "重复的锚点（&）", "加引号的文字"),
    ("escape", "双引号中的 \\ 不是有的转义", "单引号，或写作 \\\\"),
    ("cannot start any token", "以不能用在开头的字符开始", "加引号的文字"),
    ("expected the node content", "缺少值", "字段: 值"),
    ("block sequence entries are not allowed", "此处不能有短横", "短横另起一行并对齐"),
    ("expected alphabetic or numeric", "& 或 * 后没有名称", "加引号的文字"),
    ("could not determine a constructor", "不支持的标记（!）", "不加标记的值"),
)


def text_of(path: Path) -> str:
    """The text of a file; raises ScenarioError if there is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _of(path, 0, "没有这个文件", "已有的场景文件") from None
    except IsADirectoryError:
        raise _of(path, 0, "是文件夹", "其中的一个 .yaml 文件") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "名称无效"
        raise _of(path, 0, f"读不出（{reason}）", "可读的文件") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _of(path, line, f"编码是 {_encoding(content)}", "UTF-8（另存为时选择）") from None
    if not text.strip():
        raise _of(path, 0, "是空文件", "一个场景，至少有 name、given、steps")
    return text


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return "无法识别的编码"
    return "GBK"


def syntax_error(path: Path, text: str, error: yaml.YAMLError | RecursionError) -> ScenarioError:
    """What is wrong with the YAML: each line with a tab, else where reading stopped."""
    tabs = [
        _fault(path, number, "用制表符（Tab）缩进", "空格缩进")
        for number, line in enumerate(text.split("\n"), 1)
        if _TABBED.match(line)
    ]
    if tabs:
        return ScenarioError.of(tabs)
    return ScenarioError.of([_syntax(path, text, error)])


def _syntax(path: Path, text: str, error: yaml.YAMLError | RecursionError) -> Fault:
    if isinstance(error, ReaderError):
        line = text[: error.position].count("\n") + 1
        return _fault(path, line, f"有不能用的字符 U+{ord(text[error.position]):04X}", "可见的文字")
    if not isinstance(error, MarkedYAMLError):
        return _fault(path, 0, "嵌套过深", "寻常的层次")
    mark = error.problem_mark or error.context_mark
    line = min(mark.line + 1, len(text.rstrip().split("\n"))) if mark else 0
    for number in _near(line, error):
        if _FULL_WIDTH.match(_line(text, number)):
            return _fault(path, number, "用了全角冒号“：”", "半角冒号加空格“: ”")
    said = f"{error.context or ''} {error.problem or ''}"
    for words, what, right in _SAID:
        if words in said:
            return _fault(path, line, f"YAML 有误，{what}", right)
    return _fault(path, line, "YAML 有误，此处读不下去", "缩进对齐的 字段: 值")


def _near(line: int, error: MarkedYAMLError) -> Iterator[int]:
    yield line
    if error.context_mark:
        yield error.context_mark.line + 1
    yield line - 1


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _fault(path: Path, line: int, what: str, right: str) -> Fault:
    return Fault(file=str(path), line=line, field="", what=what, right=right)


def _of(path: Path, line: int, what: str, right: str) -> ScenarioError:
    return ScenarioError.of([_fault(path, line, what, right)])
