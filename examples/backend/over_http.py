"""A backend that speaks to Casework by HTTP, with nothing but Python itself.

    python over_http.py http://127.0.0.1:8000 TOKEN APPLICATION.json FILE

It uploads a file, submits the application with it twice (one case), reads the case and whose turn
it is, asks for what it may not (and reads code and reason), and follows the feed until it has heard
of the case. It prints one line of JSON for each step.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

_WITHIN_SECONDS = 100


class Casework:
    """Asks the API as one system."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._token = token

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, key: str = "", kind: str = ""
    ) -> tuple[int, Any]:
        """Status and JSON of an answer; a problem (RFC 9457) is one, too."""
        headers = {"Authorization": f"Bearer {self._token}"}
        headers |= {"Content-Type": kind} if kind else {}
        headers |= {"Idempotency-Key": key} if key else {}
        asked = urllib.request.Request(  # noqa: S310 - the address that was typed
            f"{self._address}{path}", body, headers, method=method
        )
        try:
            with urllib.request.urlopen(asked, timeout=_WITHIN_SECONDS) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as problem:
            return problem.code, json.load(problem)

    def get(self, path: str, **asked: str) -> tuple[int, Any]:
        """Ask for something."""
        return self.ask("GET", f"{path}?{urllib.parse.urlencode(asked)}" if asked else path)

    def post(self, path: str, body: object, *, key: str = "") -> tuple[int, Any]:
        """Send JSON; the same ``key`` again is done once."""
        return self.ask("POST", path, json.dumps(body).encode(), key=key, kind="application/json")


def show(step: str, answer: tuple[int, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Print what a step brought, and return it."""
    status, body = answer
    print(json.dumps({"step": step, "status": status, "answer": body}, ensure_ascii=False))
    return body


def main(address: str, token: str, application: str, file: str) -> None:
    """The errand of a backend, from the upload to the feed."""
    casework = Casework(address, token)
    content = Path(file).read_bytes()
    stored = show("upload", casework.ask("POST", "/v1/materials", content, kind="application/pdf"))
    body = json.loads(Path(application).read_text())
    for material in body["materials"]:
        material["sha256"] = stored["sha256"]
    receipt = show("submit", casework.post("/v1/applications", body))
    show("submit the same again", casework.post("/v1/applications", body))
    case = f"/v1/applications/{receipt['case_no']}"
    show("read", casework.get(case))
    show("whose turn", casework.get(f"/v1/cases/{receipt['case_no']}/turn"))
    show("not for a system", casework.post(f"{case}/accept", {}, key="accept-1"))
    show("at no such stage", casework.post(f"{case}/supplement", {"statements": ["ILLEGIBLE"]}))
    after, heard = "", False
    while not heard:
        page = casework.get("/v1/changes", size="200", **({"after": after} if after else {}))[1]
        heard = any(each["case_no"] == receipt["case_no"] for each in page["lines"])
        after = page["after"]
    show("heard of it", (200, {"case_no": receipt["case_no"], "after": after}))


if __name__ == "__main__":
    main(*sys.argv[1:])
