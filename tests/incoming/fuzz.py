"""Mutated mails and archives, read in a process whose every file and connection is noted.

    python -m tests.incoming.fuzz SEED COUNT

Prints one line of JSON: how many of each verdict, the slowest in CPU seconds, how far memory grew
after the first hundred, and what was attempted that reading a mail never needs. Logs go to stderr.
"""

import json
import logging
import os
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from io import BytesIO

from casework.filing.mail import key_of_mail
from casework.incoming.message import read_mail
from casework.policy.mail import load_mail_policy
from tests.incoming.mails import DAY, jpeg, judged, raw
from tests.incoming.written_mails import WRITTEN, zipped

WARM = 100
FORBIDDEN = frozenset(
    {
        "os.mkdir",
        "os.rename",
        "os.remove",
        "os.link",
        "os.symlink",
        "os.system",
        "shutil.unpack_archive",
        "socket.connect",
        "socket.getaddrinfo",
        "subprocess.Popen",
    }
)
PATHS = ("../../{}", "/tmp/{}", "..\\..\\{}", "C:\\{}", "a/" * 200 + "{}", "{}\0.jpg", "{}")  # noqa: S108 - names in an archive
NAMES = ("张三", "李四", "材料", "身份证.jpg", "")


def archive(dice: random.Random) -> bytes:
    """One with names that lead out, that repeat, or that hold far more than they weigh."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(dice.randrange(1, 5)):
            name = dice.choice(PATHS).format(f"{number}{dice.choice(NAMES)}.jpg")
            content = dice.choice((jpeg(), b"\0" * dice.randrange(1 << 20), zipped()))
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def mutated(content: bytes, dice: random.Random) -> bytes:
    """A few bytes are changed, cut out, put in or repeated."""
    bytes_ = bytearray(content)
    for _ in range(dice.randrange(6)):
        at = dice.randrange(len(bytes_) or 1)
        match dice.randrange(4):
            case 0 if bytes_:
                bytes_[at] = dice.randrange(256)
            case 1:
                del bytes_[at : at + dice.randrange(1, 300)]
            case 2:
                bytes_[at:at] = dice.randbytes(dice.randrange(30))
            case _:
                bytes_[at:at] = bytes_[at : at + dice.randrange(2_000)]
    return bytes(bytes_)


def _creates(path: object, mode: object, flags: object) -> bool:
    """Whether a file with a name comes into being; one without is gone with its process."""
    if isinstance(path, int) or path == tempfile.gettempdir():
        return False  # what is open already; a file without a name, which os.open tells, too
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return (
        isinstance(flags, int) and bool(flags & os.O_CREAT) and flags & os.O_TMPFILE != os.O_TMPFILE
    )


def run(seed: int, count: int) -> dict[str, object]:
    """Read so many; raises whatever reading raises."""
    dice = random.Random(seed)
    districts = sorted(WRITTEN)
    written = {
        district: [(each.mailbox, each.eml, each.sender) for each in WRITTEN[district]]
        for district in districts
    }
    whole = {"张三.zip": b""}
    attempted: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    load_mail_policy()

    def watch(event: str, told: tuple[object, ...]) -> None:
        if event in FORBIDDEN or (event == "open" and _creates(*told)):
            attempted[event] += 1

    slowest, before = 0.0, 0
    tempfile.gettempdir()  # asked for the first time, it tries the folders
    sys.addaudithook(watch)
    for number in range(count):
        district = dice.choice(districts)
        mailbox, eml, sender = dice.choice(written[district])
        if dice.randrange(3) == 0:
            whole["张三.zip"] = mutated(archive(dice), dice)
            eml = packed_mail(whole)
        content = mutated(eml, dice)
        began = time.process_time()
        reading = judged(district, read_mail(content), mailbox=mailbox, sender=sender)
        key = key_of_mail(f"{district}/{mailbox}", content)
        slowest = max(slowest, time.process_time() - began)
        verdicts[reading.verdict.value] += 1
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            attempted["key"] += 1
        for package in reading.packages:
            if any("/" in file.name or "\\" in file.name for file in package.files):
                attempted["path"] += 1
        if number == min(WARM, count - 1):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "verdicts": verdicts,
        "slowest": slowest,
        "grown_kb": grown,
        "attempted": attempted,
        "on": str(DAY),
    }


def packed_mail(files: dict[str, bytes]) -> bytes:
    """A mail of 闵行 with this archive."""

    return raw("某某公司—张三(新办)—共1人", files)


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    sys.stdout.write(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]))))
