"""The whole table of authority as a page: ``docs/authority.md`` is its output."""

from collections.abc import Iterator, Mapping

from casework.domain.authority import GENERAL, Matrix, actions_of
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role

NO = "—"
_ROLES = {
    Role.APPLICANT: "申请人",
    Role.TALENT: "人才",
    Role.EMPLOYER: "用人单位",
    Role.OFFICER: "经办",
    Role.REVIEWER: "审核",
    Role.HEAD: "负责人",
    Role.SPECIALIST: "服务专员",
    Role.LIAISON: "联络员",
    Role.SUPERVISOR: "监督员",
    Role.SUPERIOR: "上级",
    Role.SYSTEM: "对接系统",
}
_HEAD = """# Who may do what

Written by `casework authority table` from `catalogue/authority/`; do not edit. The table is a
proposal (domain.md §A), not law; a district's own file may change single rows there.

| word | with which cases |
|---|---|
| 本人 | one's own: one is the applicant, the talent or the employer of it, or has opened it |
| 经办 | of one's own district, where one is A角 or B角 of a post or of an open task |
| 本区 | of one's own district; who has none has all |
| 各区 | of every district of one's own city |
| — | none |

Above the table stand, whatever it says:

- **Four eyes.** Who took a case in, asked for something or took the decision before does not
  review, consent or decide again. It goes by person, not by post: as B角 in somebody's stead as
  little as after a re-assignment (`FOUR_EYES`).
- **Classes.** A {municipal} without a district belongs to a municipal platform: it deals with
  {kinds} only, and with talents of class {classes} only (DB50/T 1733—2024 §6.1.2) (`OTHER_CLASS`).
- **Offices.** A {offices} who belongs to an office deals with its cases only (`OTHER_OFFICE`).
- **Cities.** A 上级 reads and acts in the cities for which the staff names them, and in no other
  (`OTHER_DISTRICT`); a city without one of its own has none. The rest of the staff ends at the own
  city, too: 各区 means its districts. For whoever serves a whole city, “district” means that
  city. What touches two cities, each of them proposes or approves; what touches more, two of them
  (`CITY_CONSENT_REQUIRED`), and the others see it in the list of orders. An order that does nothing
  but name the first 上级 of a city is proposed and approved by those of other cities.
- **Systems.** A system does only what the roster binds it to: see the next table.
- **Filing.** `source` is the filer's own. Systems file under the sources of their entry; an
  applicant, talent or employer under `applicant.…`, `talent.…`, `employer.…`, told apart by person;
  staff under `window`. An applicant files for the number that the issuer vouches for, an employer
  for its own people; an agent under `agent.…`, with an authorisation that the case keeps
  (`OTHER_SOURCE`, `NUMBER_NOT_VOUCHED`, `NOT_THE_APPLICANT`, `NOT_THE_EMPLOYER`).
- **Secrecy.** To people from outside, a case that is not theirs does not exist (404).
"""
_WORDS = {"own": "本人", "assigned": "经办", "district": "本区", "everywhere": "各区"}


_SYSTEMS = """Which system does what of the column 对接系统 says the roster (`systems`).
One that stands in no roster may do nothing (`SYSTEM_UNKNOWN`); the others nothing that is not in
their rows (`SYSTEM_NOT_BOUND`), with no case of another source (`OTHER_SOURCE`) or of another
district (`OTHER_DISTRICT`). Without a source a system files nothing, and deals with cases of every
source. These are the systems of the sample roster; `casework authority table` writes those in
force.

| system | | sources | districts | kind | actions |
|---|---|---|---|---|---|"""


def authority_table(matrix: Matrix) -> str:
    """The page, in Markdown; it ends with a line break."""
    municipal = matrix.municipal
    head = _HEAD.format(
        municipal=_words(_ROLES[role] for role in _ROLES if role in municipal.roles),
        kinds=_words(kind.label for kind in KINDS if kind in municipal.kinds),
        classes=", ".join(sorted(municipal.classes)),
        offices=_words(_ROLES[role] for role in _ROLES if role in matrix.by_office),
    )
    return "\n".join([head, _SYSTEMS, *_systems(matrix), "", *_sections(matrix)])


def _systems(matrix: Matrix) -> Iterator[str]:
    """A row for each system and kind of case, its actions in the order of their table."""
    for code, bound in matrix.systems.items():
        sources = ", ".join(f"`{source}`" for source in bound.sources or ()) or "各来源"
        districts = ", ".join(sorted(bound.districts or ())) or _WORDS["everywhere"]
        for kind in titles():
            may = ", ".join(f"`{each}`" for each in actions_of(kind) if (kind, each) in bound.may)
            if may:
                yield f"| `{code}` | {bound.name} | {sources} | {districts} | `{kind}` | {may} |"


def _words(words: Iterator[str]) -> str:
    return "、".join(words)


def _sections(matrix: Matrix) -> Iterator[str]:
    for kind, title in titles().items():
        yield f"## {title} (`{kind}`)\n"
        yield "| action | | " + " | ".join(_ROLES.values()) + " |"
        yield "|---|---|" + "---|" * len(_ROLES)
        for action, label in actions_of(kind).items():
            cells = (_cell(matrix, kind, action, role) for role in _ROLES)
            yield f"| `{action}` | {label} | " + " | ".join(cells) + " |"
        yield ""


def titles() -> Mapping[str, str]:
    """Each kind of case in the order of the page, and what concerns no single case."""
    return {kind.value: kind.label for kind in KINDS} | {GENERAL: "不涉及单个办件"}


def _cell(matrix: Matrix, kind: str, action: str, role: Role) -> str:
    extent = matrix.extent(kind, action, role)
    return _WORDS[extent] if extent else NO
