"""The image is built, and a case is seen through by the worker and the API that run out of it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from casework.local.devstack import free_port
from casework.local.devstack.postgres import DATABASE, SUPERUSER, create_cluster
from casework.settings import LOOPBACK
from tests.chaos.proxy import proxy
from tests.deploy.test_files import DEPLOY
from tests.e2e.town_hall import TownHall, answers
from tests.examples import at_night

ACCOUNT = 10001
HOME = "/var/lib/casework"
OF_THE_STACK = ("postgres", "run", "logs", "temporal.db*")
can_build = pytest.mark.skipif(
    bool(os.geteuid()) or not all(map(shutil.which, ("buildah", "mmdebstrap"))),
    reason="not here: root, mmdebstrap, buildah",
)


@contextmanager
def taken_from(archive: Path, folder: Path) -> Iterator[list[str]]:
    """The words by which something is run in a container of the image."""
    policy = folder / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    storage = ("--root", folder / "store", "--runroot", folder / "run", "--storage-driver", "vfs")
    buildah = ["buildah", *map(str, storage)]

    def said(*words: str) -> str:
        done = subprocess.run([*buildah, *words], capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    container = said("from", "--signature-policy", str(policy), f"oci-archive:{archive}")
    try:
        yield [*buildah, "run", "--isolation", "chroot", "--network", "host", container]
    finally:
        said("rm", "--all")


@at_night
@can_build
@pytest.mark.timeout(3_600)
async def test_a_case_is_seen_through_by_worker_and_api_of_the_image(
    hall: TownHall, tmp_path: Path
) -> None:
    """By day the Containerfile is read, and everything imported with the runtime lock alone."""
    archive = tmp_path / "casework.oci.tar"
    built = subprocess.run(  # noqa: ASYNC221, S603 - nothing else to do meanwhile
        [DEPLOY / "image.sh", archive], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-4000:]
    home = tmp_path / "home"
    shutil.copytree(hall.settings.home, home, ignore=shutil.ignore_patterns(*OF_THE_STACK))
    for each in (home, *home.rglob("*")):
        os.chown(each, ACCOUNT, ACCOUNT)
    socket = str((await create_cluster(hall.settings.home)).sockets / ".s.PGSQL.5432")
    own = hall.settings.model_copy(
        update={"api_port": free_port(), "api_probe_port": free_port(),
                "worker_metrics_address": f"{LOOPBACK}:{free_port()}"}
    )  # fmt: skip
    async with proxy(lambda: asyncio.open_unix_connection(socket)) as postgres:
        environment = {
            name: value.replace(str(own.home), HOME)
            for name, value in own.child_environment().items()
            if name.startswith("CASEWORK_")
        } | {
            "CASEWORK_HOME": HOME,
            "CASEWORK_DATABASE_URL": f"postgresql://{SUPERUSER}@{LOOPBACK}:{postgres.port}/{DATABASE}",
            "TEMPORAL_ADDRESS": f"{LOOPBACK}:{own.temporal_port}",
        }
        with ExitStack() as stack:
            words = stack.enter_context(taken_from(archive, tmp_path))
            for part in ("api", "worker"):
                options = [f"--env={name}={value}" for name, value in environment.items()]
                command = [*words[:-1], f"--user={ACCOUNT}", f"--volume={home}:{HOME}", *options,
                           words[-1], "--", "casework", part]  # fmt: skip
                log = stack.enter_context((tmp_path / f"{part}.log").open("wb"))
                process = stack.enter_context(
                    subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220, S603
                )
                stack.callback(process.terminate)
            await answers(own.api_local_url)
            async with hall.frozen("worker"), hall.frozen("api"):
                await replace(hall, settings=own).see_through("by-the-image")
