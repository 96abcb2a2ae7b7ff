"""A Dovecot of one test, which can be killed: mailboxes of virtual users, below a folder."""

import asyncio
import grp
import os
import pwd
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

PROGRAM = "/usr/sbin/dovecot"
IS_HERE = Path(PROGRAM).exists()
USER, PASSWORD = "points", "not-a-secret"

_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
mail_max_userip_connections = 100
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
"""


@dataclass
class Dovecot:
    """``home`` holds everything; ``port`` listens on the loopback."""

    home: Path
    port: int
    process: asyncio.subprocess.Process | None = None

    @classmethod
    def below(cls, home: Path) -> "Dovecot":
        """One that has not begun; its port is free now."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        name = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        user = pwd.getpwnam(name)
        for each in (home, home / "mail"):
            each.mkdir(exist_ok=True, parents=True)
            each.chmod(0o755)
        if os.getuid() == 0:
            os.chown(home / "mail", user.pw_uid, user.pw_gid)
        config = _CONFIG.format(
            home=home,
            port=port,
            user=name,
            group=grp.getgrgid(user.pw_gid).gr_name,
            uid=user.pw_uid,
            gid=user.pw_gid,
            password=PASSWORD,
        )
        (home / "dovecot.conf").write_text(config)
        return cls(home=home, port=port)

    async def start(self) -> None:
        """Start, and return once it answers."""
        shutil.rmtree(self.home / "run", ignore_errors=True)
        self.process = await asyncio.create_subprocess_exec(
            PROGRAM, "-F", "-c", str(self.home / "dovecot.conf"), start_new_session=True
        )
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def kill(self) -> None:
        """Kill it and all its children, as a machine that loses power."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
            self.process = None

    def connect(self) -> IMAPClient:
        """A client of its own, logged in."""
        client = IMAPClient("127.0.0.1", port=self.port, ssl=False)
        client.login(USER, PASSWORD)
        return client

    def put(self, mails: list[bytes]) -> None:
        """Lay mails into the INBOX."""
        client = self.connect()
        for mail in mails:
            client.append("INBOX", mail)
        client.logout()

    def counts(self, *folders: str) -> list[int]:
        """How many mails lie in each folder; one that there is not has none."""
        client = self.connect()
        found = [
            client.folder_status(each, ["MESSAGES"])[b"MESSAGES"]
            if client.folder_exists(each)
            else 0
            for each in folders
        ]
        client.logout()
        return found

    def number_anew(self) -> None:
        """Let the folder be numbered anew, as after a restore (UIDVALIDITY changes)."""
        for each in (self.home / "mail" / USER).glob("dovecot*"):
            each.unlink()
