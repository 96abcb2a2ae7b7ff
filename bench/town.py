"""The fake town in a process of its own, as in the local stack: ``FOLDER HTTP_PORT SMTP_PORT``."""

import asyncio
import sys
from pathlib import Path

from casework.local.town import TownSettings, serve


def main() -> None:
    """Serve until killed; the superior answers nothing by itself."""
    folder, http_port, smtp_port = sys.argv[1:]
    settings = TownSettings(
        folder=Path(folder),
        http_port=int(http_port),
        smtp_port=int(smtp_port),
        answer_after_seconds=None,
    )
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
