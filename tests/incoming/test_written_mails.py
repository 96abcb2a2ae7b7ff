"""Thirty mails of each district: what becomes of each is what was written down beforehand."""

import io
import zipfile
from collections.abc import Mapping
from functools import cache

import pytest

from casework.incoming.message import read_mail
from casework.policy.mail import load_mail_policy
from tests.incoming.mails import DAY, judged
from tests.incoming.written_mails import FOLDER, SAMPLE_FOLDER, WRITTEN, Written, samples

ALL = [(district, each) for district, mails in WRITTEN.items() for each in mails]


@cache
def kept(district: str) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO((FOLDER / f"{district}.zip").read_bytes())) as files:
        return {name: files.read(name) for name in files.namelist()}


@pytest.mark.parametrize(("district", "written"), ALL, ids=[f"{d}-{w.name}" for d, w in ALL])
def test_what_becomes_of_a_mail(district: str, written: Written) -> None:
    told = read_mail(kept(district)[f"{written.name}.eml"])
    reading = judged(district, told, mailbox=written.mailbox, sender=written.sender)
    codes = [each.code for each in reading.faults] + [each.code for each in reading.doubts]
    items = [each.named.item for each in reading.packages]
    assert (reading.verdict, codes, items) == (
        written.verdict,
        list(written.codes),
        list(written.items),
    )
    assert reading.mailbox == (written.belongs or written.mailbox)


@pytest.mark.parametrize("district", WRITTEN)
def test_there_are_thirty_of_each_and_the_files_are_those_of_the_script(district: str) -> None:
    mails = WRITTEN[district]
    assert len(mails) >= 30
    assert len({each.name for each in mails}) == len(mails)
    assert kept(district) == {f"{each.name}.eml": each.eml for each in mails}
    assert {each.verdict for each in mails} == {"cases", "notice", "triage", "silent"}


def test_every_district_that_takes_mails_has_some() -> None:
    policy = load_mail_policy()
    assert all(policy.intake(district, DAY) is not None for district in WRITTEN)
    assert policy.intake("310115", DAY) is None, "浦东 takes no cases by mail"


def test_the_samples_of_the_local_stack_are_in_every_grammar() -> None:
    found = {file.name: file.read_bytes() for file in SAMPLE_FOLDER.glob("*.eml")}
    assert found == {name: each.eml for name, each in samples().items()}
    policy = load_mail_policy()
    grammars = {
        grammar.name
        for name in found
        for intake in [policy.intake(name.split("-")[1], DAY)]
        if intake is not None
        for grammar in intake.grammars
        if grammar.mailbox == samples()[name].mailbox
    }
    assert grammars == {f"G{number}" for number in range(1, 8)}
