"""What a mail would become, tried on a file: nothing is sent and nothing is kept."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.incoming.mails import packed, raw


def _mail(folder: Path, subject: str, *names: str) -> str:
    file = folder / "mail.eml"
    file.write_bytes(raw(subject, {name: packed() for name in names}))
    return str(file)


def test_a_mail_of_two_people_is_shown_as_two_cases(run: Run, tmp_path: Path) -> None:
    file = _mail(tmp_path, "某某公司—张三(新办)+李四(续办)—共2人", "张三.zip", "李四.zip")
    done = run("mail", "try", file, "--district", "310112")
    assert done.exit_code == 0
    assert "开办件（邮箱：积分业务）" in done.stdout
    assert "只在网上办理" in done.stdout
    assert "PTS_NEW" in done.stdout


def test_all_faults_are_shown_together(run: Run, tmp_path: Path) -> None:
    file = _mail(tmp_path, "某某公司—张三(新办)+李四(续办)—共3人", "张三.zip")
    done = run("mail", "try", file, "--district", "310112", "--json")
    told = json.loads(done.stdout)
    assert told["verdict"] == "notice"
    assert [each["code"] for each in told["faults"]] == ["COUNT_DIFFERS", "PACKAGE_MISSING"]


def test_what_cannot_be_used_is_said(run: Run, tmp_path: Path) -> None:
    file = _mail(tmp_path, "x")
    assert "takes no cases by mail" in run("mail", "try", file, "--district", "310115").stderr
    wrong = run("mail", "try", file, "--district", "310112", "--mailbox", "x")
    assert "--mailbox: one of points, education, account" in wrong.stderr
    assert "YYYY-MM-DD" in run("mail", "try", file, "--district", "310112", "--on", "x").stderr
