"""What the fake town took and still owes, in one SQLite file that survives ``kill -9``.

Every method is one transaction. Times are aware datetimes in, ISO 8601 text in the file; what is
due is kept as a POSIX timestamp so that it can be compared.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path


def is_nobody(address: str) -> bool:
    """Whether nobody is there: mailboxes of ``nobody.example.com``, telephones ``1990009…``.

    Letters to them are refused for good.
    """
    return address.endswith("@nobody.example.com") or address.startswith("1990009")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message or request as it came; ``key`` names it within its channel."""

    channel: str
    key: str
    recipient: str
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Taken(Delivery):
    """A delivery that was kept. ``repeats``: how often it came again and was dropped."""

    at: str
    repeats: int


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How requests to ``path`` about a case (``*``: any) are answered; None holds the answer."""

    path: str
    case_no: str
    outcome: str
    reasons: str = ""
    answer_after_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer the town owes to a callback address; ``body``: JSON that it says instead."""

    reference: str
    case_no: str
    callback_url: str
    outcome: str
    reasons: str
    body: str = ""
    attempts: int = 0


@dataclass(frozen=True, kw_only=True)
class Owed(Answer):
    """An answer with its state: ``due`` None is held, ``answered_at`` None is not yet heard."""

    due: float | None
    answered_at: str | None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failure to come; ``after_effect``: the request is taken, only its answer is lost."""

    path: str
    status: int
    times: int = 1
    after_effect: bool = False


_TABLES = """
CREATE TABLE IF NOT EXISTS taken (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  at TEXT NOT NULL,
  repeats INTEGER NOT NULL DEFAULT 0,
  UNIQUE (channel, key)
);
CREATE TABLE IF NOT EXISTS owed (
  reference TEXT PRIMARY KEY,
  case_no TEXT NOT NULL,
  callback_url TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reasons TEXT NOT NULL,
  due REAL,
  attempts INTEGER NOT NULL DEFAULT 0,
  answered_at TEXT,
  body TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS behaviours (
  path TEXT NOT NULL,
  case_no TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reasons TEXT NOT NULL,
  answer_after_seconds REAL,
  PRIMARY KEY (path, case_no)
);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  status INTEGER NOT NULL,
  times INTEGER NOT NULL,
  after_effect INTEGER NOT NULL
);
"""

_PREFIX = {
    "mail": "M",
    "sms": "S",
    "reports": "R",
    "archive-calls": "A",
    "parcels": "EMS",
    "password-resets": "P",
    "new-passwords": "PW",
    "seals": "SEAL",
    "ticket-reports": "T",
    "hotline": "H",
}


class Ledger:
    """The town's memory. One process, one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(
            "PRAGMA synchronous = NORMAL"
        )  # enough for kill -9, if not for a power cut
        self._db.executescript(_TABLES)
        if "body" not in {row["name"] for row in self._db.execute("PRAGMA table_info(owed)")}:
            # The file is older than the hotline.
            self._db.execute("ALTER TABLE owed ADD COLUMN body TEXT NOT NULL DEFAULT ''")

    def close(self) -> None:
        self._db.close()

    def take(self, delivery: Delivery, at: datetime) -> str:
        """Keep the delivery and return its reference. A repeat is counted, and gets the same."""
        with self._db as db:
            number: int = db.execute(
                "INSERT INTO taken (channel, key, recipient, subject, text, at)"
                " VALUES (:channel, :key, :recipient, :subject, :text, :at)"
                " ON CONFLICT DO UPDATE SET repeats = repeats + 1 RETURNING id",
                {**asdict(delivery), "at": at.isoformat()},
            ).fetchone()["id"]
        return f"{_PREFIX[delivery.channel]}{number:08d}"

    def taken(self, channels: Sequence[str]) -> list[Taken]:
        """Return what came by these channels, oldest first."""
        rows = self._db.execute(
            "SELECT channel, key, recipient, subject, text, at, repeats FROM taken"
            " WHERE channel IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(channels),),
        )
        return [Taken(**row) for row in rows]

    def behave(self, behaviour: Behaviour) -> None:
        """Preset the answers to requests that come from now on."""
        with self._db as db:
            db.execute(
                "INSERT OR REPLACE INTO behaviours"
                " VALUES (:path, :case_no, :outcome, :reasons, :answer_after_seconds)",
                asdict(behaviour),
            )

    def behaviour(self, path: str, case_no: str) -> Behaviour | None:
        """Return what was preset for the case, else for any case of the path."""
        row = self._db.execute(
            "SELECT * FROM behaviours WHERE path = ? AND case_no IN (?, '*')"
            " ORDER BY case_no = '*' LIMIT 1",
            (path, case_no),
        ).fetchone()
        return Behaviour(**row) if row else None

    def owe(self, answer: Answer, due: float | None) -> None:
        """Note an answer owed; a repeat changes nothing. ``due`` None: held for a decision."""
        with self._db as db:
            db.execute(
                "INSERT INTO owed (reference, case_no, callback_url, outcome, reasons, body, due)"
                " VALUES (:reference, :case_no, :callback_url, :outcome, :reasons, :body, :due)"
                " ON CONFLICT DO NOTHING",
                {**asdict(answer), "due": due},
            )

    def decide(self, reference: str, outcome: str, reasons: str, due: float) -> bool:
        """Decide an unanswered request by hand; False if there is none of that reference."""
        with self._db as db:
            changed = db.execute(
                "UPDATE owed SET outcome = ?, reasons = ?, due = ?"
                " WHERE reference = ? AND answered_at IS NULL",
                (outcome, reasons, due, reference),
            )
        return changed.rowcount == 1

    def owed(self, now: float) -> list[Answer]:
        """Return the answers that are due."""
        rows = self._db.execute(
            "SELECT reference, case_no, callback_url, outcome, reasons, body, attempts FROM owed"
            " WHERE answered_at IS NULL AND due <= ? ORDER BY due",
            (now,),
        )
        return [Answer(**row) for row in rows]

    def requests(self) -> list[Owed]:
        """Return every request that was or will be answered, oldest first."""
        return [Owed(**row) for row in self._db.execute("SELECT * FROM owed ORDER BY rowid")]

    def next_due(self) -> float | None:
        """Return when the next answer is due; None if all are answered or held."""
        row = self._db.execute("SELECT min(due) FROM owed WHERE answered_at IS NULL").fetchone()
        due: float | None = row[0]
        return due

    def answered(self, reference: str, at: datetime) -> None:
        with self._db as db:
            db.execute(
                "UPDATE owed SET answered_at = ? WHERE reference = ?", (at.isoformat(), reference)
            )

    def hurry(self, now: float) -> None:
        """Make due at once what was tried in vain and postponed."""
        with self._db as db:
            db.execute(
                "UPDATE owed SET due = min(due, ?), attempts = 0"
                " WHERE answered_at IS NULL AND attempts > 0",
                (now,),
            )

    def postpone(self, reference: str, due: float) -> None:
        with self._db as db:
            db.execute(
                "UPDATE owed SET due = ?, attempts = attempts + 1 WHERE reference = ?",
                (due, reference),
            )

    def plan(self, fault: Fault) -> None:
        with self._db as db:
            db.execute(
                "INSERT INTO faults (path, status, times, after_effect)"
                " VALUES (:path, :status, :times, :after_effect)",
                asdict(fault),
            )

    def next_fault(self, path: str) -> Fault | None:
        """Use up one planned failure of the path, first planned first."""
        with self._db as db:
            row = db.execute(
                "UPDATE faults SET times = times - 1"
                " WHERE id = (SELECT min(id) FROM faults WHERE path = ? AND times > 0)"
                " RETURNING path, status, times, after_effect",
                (path,),
            ).fetchone()
        return Fault(**row) if row else None
