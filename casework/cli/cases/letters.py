"""``casework letters`` and ``letter``: the letters of a case as documents, and which one holds."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

import json as json_text
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer
from typer.core import TyperGroup

from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, day, moment, note, say, show_json, show_table
from casework.words import ROLES, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

PROOF = ".proof.json"
"""How the file with the proof of a letter ends, beside the letter's own."""
SIGNATURE = ".p7s"
"""How the file with the signature of the city's seal ends, where there is one beside the letter."""

_PROBLEMS = {
    "PROOF_UNREADABLE": "核验证明不能解读：不是证明文件，或者已损坏",
    "PROOF_NOT_SIGNED": "核验证明的签名不符：不是所给公钥签的，或者证明被改动",
    "FILE_DIFFERS": "文件与出具时不同：内容被改动，或者是另一份文书",
    "SIGNATURE_DIFFERS": "电子签名不是此文书的：被改动，或者此文书没有单独的签名",
}
_SEAL_PROBLEMS = {
    "SEAL_MISSING": "此文书没有电子印章：文件中没有，旁边也没有签名文件（--signature）",
    "SEAL_UNREADABLE": "电子印章的签名不能解读（须是 DER 编码的 CMS 签名）",
    "SEAL_ALGORITHM": "电子印章的签名算法（如国密 SM2）此处不能核验，请用印章系统自己的程序核验",
    "SEAL_BY_OTHER": "电子印章不是所给证书签的",
    "SEAL_DIFFERS": "电子印章与文件不符：文件或者签名被改动，或者是另一份文书的",
    "SEAL_EXPIRED": "加盖电子印章之日，证书尚未生效或者已经过期",
    "SEAL_WITHDRAWN": "加盖电子印章之日，证书已被撤销",
}


class _Letter(TyperGroup):
    """``letter NO N`` writes a letter: what is no command is the number of a case."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as Typer's
        named = bool(args) and (args[0] in self.commands or args[0].startswith("-"))
        return super().parse_args(ctx, args if named or not args else ["write", *args])


app = typer.Typer(cls=_Letter, help="A letter as a document (文书).", no_args_is_help=True)


@over_http
def letters(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """List the letters of a case with their numbers (文书)."""
    found = client.get(f"/v1/cases/{case_no}/letters")["items"]
    if json:
        show_json(found)
        return
    show_letters(found, empty="没有文书")


def show_letters(
    letters: Iterable[Mapping[str, Any]], *, title: str = "", empty: str = "无"
) -> None:
    """Print the letters of a case as documents: number, whether it holds, for whom."""
    show_table(
        ["序号", "文号", "文书", "日期", "效力", "收件人", "文件"],
        [
            (
                str(each["seq"]),
                each["number"],
                each["title"],
                day(each["issued_on"]),
                each["status_label"],
                "、".join(word(ROLES, role) for role in each["recipients"]),
                "有" if each["sha256"] else "",
            )
            for each in letters
        ],
        title=title,
        empty=empty,
    )


@app.command()
@over_http
def write(
    client: "Client",
    case_no: CaseNo,
    seq: Annotated[int, typer.Argument(metavar="N", help="Its 序号 in `letters`.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", show_default=False)],
) -> None:
    """Write a letter as it was sent (PDF), and beside it the proof of what it is; noted.

    If the city's seal has signed it, the signature is written beside it too (FILE.p7s). A receipt
    (收件凭证) or promise (承诺书), which is given out on request, gets its number now.
    """
    content = client.content(f"/v1/cases/{case_no}/letters/{seq}")
    found = client.get(f"/v1/cases/{case_no}/letters")["items"]
    known = next((each for each in found if each["seq"] == seq), None)
    proof, signature = None, b""
    if known is not None:
        proof = client.get(f"/v1/verify/{quote(known['number'], safe='')}")
    if known is not None and known.get("signature_sha256"):
        signature = client.content(f"/v1/cases/{case_no}/letters/{seq}/signature")
    try:
        out.write_bytes(content)
        if signature:
            _beside(out, SIGNATURE).write_bytes(signature)
        if proof is not None:
            _beside(out, PROOF).write_text(
                json_text.dumps(proof, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
    except OSError as error:
        raise UnusableError(f"cannot write {error.filename}: {error.strerror}") from None
    note(f"{out} written")


@app.command()
def verify(  # noqa: PLR0913 - options
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    *,
    proof: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help=f"By default FILE{PROOF}."),
    ] = None,
    signature: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=f"Of the city's seal; by default FILE{SIGNATURE} if there is one.",
        ),
    ] = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="The published key, in PEM; several count."),
    ] = None,
    seal_certificate: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The city's published certificate; then the seal must be there and be its own.",
        ),
    ] = None,
    withdrawn: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A list of withdrawn certificates (CRL)."),
    ] = None,
    on: Annotated[
        str,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="The day on which the certificate must be valid; by default that of the seal.",
        ),
    ] = "",
) -> None:
    """Verify the file of a letter offline, by its proof and the published key (文书核验).

    The proof is what GET /v1/verify/NUMBER answers; `letter NO N` writes it beside the letter. What
    it says of the letter's force is as of the moment when it was given. A signature of the city's
    seal must be the one that the city gave. With --seal-certificate it is also verified whose seal
    it is, in the file or beside it, and that the certificate was valid.
    """
    from casework.cli.calling.identity import load_settings
    from casework.security.audit.digests import DigestKey, PublicKeys
    from casework.security.letter_proof import ProofError, seal_on, verified
    from casework.security.seal_signature import CertificateError, SealCertificates, SealError
    from casework.settings import SettingsError
    from casework.store.queries.letters import LetterStatus

    place = proof or _beside(file, PROOF)
    beside = _beside(file, SIGNATURE)
    signature = signature or (beside if beside.is_file() else None)
    try:
        sealed = signature.read_bytes() if signature is not None else None
        if public_key:
            keys = PublicKeys([each.read_bytes() for each in public_key])
        else:
            note("未给 --public-key，按本机的密钥核验")
            keys = PublicKeys([DigestKey.open(load_settings()).public_pem.encode()])
        told, content = place.read_text(encoding="utf-8"), file.read_bytes()
        said = verified(told, content, keys, signature=sealed)
        seal = None
        if seal_certificate:
            read = (
                [each.read_bytes() for each in some or ()] for some in (seal_certificate, withdrawn)
            )
            certificates = SealCertificates.read(*read)
            seal = seal_on(said, content, certificates, signature=sealed, on=_day(on))
    except ProofError as error:
        raise RefusedError(_PROBLEMS[error.code]) from None
    except SealError as error:
        raise RefusedError(_SEAL_PROBLEMS[error.code]) from None
    except UnicodeDecodeError:
        raise RefusedError(_PROBLEMS["PROOF_UNREADABLE"]) from None
    except (SettingsError, CertificateError, OSError) as error:
        raise UnusableError(str(error)) from None
    say(f"{said['title']} {said['number']}（{said['issued_on']}）：文件与出具时一致")
    if sealed is not None:
        say("电子签名是出具时印章系统给出的")
    if seal is not None:
        say(f"电子印章由所给证书（{seal.owner}）签署，证书于 {seal.on} 有效")
    at = moment(said["verified_at"])
    if said["status"] != "in_force":
        by = f"，见 {said['revoked_by']}" if said["revoked_by"] else ""
        ended = {each.value: each.label for each in LetterStatus}.get(said["status"], "")
        raise RefusedError(f"截至 {at}，此文书已不再有效（{ended}）{by}")
    say(f"截至 {at} 有效；此后的效力请在线核验")


def _day(on: str) -> date | None:
    try:
        return date.fromisoformat(on) if on else None
    except ValueError:
        raise UnusableError(f"{on} is no day (YYYY-MM-DD)") from None


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)
