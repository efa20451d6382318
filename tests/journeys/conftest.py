"""The morning in real time: played once, for all tests that ask what came of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.integration.statsoffice.deploy.behind_nginx import in_front, in_production
from tests.journeys.played_morning import Played, next_minute, play, two_of_each
from tests.journeys.watch_process import Ended, WatchProcess
from tests.servers.ports import free_port
from tests.servers.time_server import time_server
from tests.support.mail_server import mail_server
from tests.support.morning import running_site
from tests.support.shared_database import environment_of_processes, write_migrated_rows


@pytest.fixture(scope="session")
def both_runs(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Played, Ended]:
    """Play the same minute with two workers, beats and web machines, and with `watch` alone on its own database.

    Everything is over, read and emptied before the first test begins, so that the tests need no database.
    """
    folder = tmp_path_factory.mktemp("morning")
    # The workers of an nginx that root starts have no rights, and write what they get there.
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)
    smtp_port = free_port()
    with (
        django_db_blocker.unblock(),
        running_site(folder / "site.log") as site,
        mail_server(smtp_port) as mailbox,
        time_server() as ntp,
    ):
        environment = environment_of_processes(redis_url=redis_url) | _surroundings(site.base_url, smtp_port)
        production = in_production(environment, folder=folder) | {
            "STATSOFFICE_SECOND_FACTOR": "nobody",
            "STATSOFFICE_CLOCK_SERVERS": ntp,  # `alone` has the time that the responses state
        }
        write_migrated_rows()
        try:
            with (
                WatchProcess(folder=_made(folder / "alone"), environment=environment, site=site) as alone,
                two_of_each(production, folder=_made(folder / "several")) as started,
                in_front(production, folder=folder, machines=2, workers=1) as front,
            ):
                due_at = next_minute(datetime.now(UTC))
                alone.begin(due_at)
                played = play(due_at, site=site, mailbox=mailbox, started=started, redis_url=redis_url, front=front)
                ended = alone.end()
        finally:
            call_command("flush", interactive=False, verbosity=0)
            write_migrated_rows()
    return played, ended


def _surroundings(base_url: str, smtp_port: int) -> dict[str, str]:
    port = base_url.rpartition(":")[2]
    return {
        "STATSOFFICE_PROBE_ALLOW_PRIVATE": f"127.0.0.1:{port},localhost:{port}",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def played(both_runs: tuple[Played, Ended]) -> Played:
    """Return what the workers and beats made of the morning."""
    return both_runs[0]


@pytest.fixture(scope="session")
def ended(both_runs: tuple[Played, Ended]) -> Ended:
    """Return what `watch` made of its own morning, and how it ended."""
    return both_runs[1]
