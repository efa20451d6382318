"""`verify_releases` as an operator types it: what it touches, what it refuses, and what it leaves alone (V15)."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command

from releases.models import Observation
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import SEED_DUE, ReleaseFactory

AT = "2020-06-30 09:32"


def everything():
    """Read every row of every table."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}


def verify(**options):
    said = StringIO()
    call_command("verify_releases", stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def releases(site):
    """Two rehearsals of one past morning, an official release of the same, and a rehearsal due in this hour."""
    soon = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    due = {"past": SEED_DUE, "other": SEED_DUE, "official": SEED_DUE, "soon": soon}
    for reference, due_at in due.items():
        url = site.publish(f"/{reference}", [scene(status=404)])
        ReleaseFactory(confirmed=True, reference=reference, due_at=due_at, url=url, rehearsal=reference != "official")


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{}, {"at": AT}], ids=["now", "at a past time"])
def test_a_dry_run_names_what_it_would_check_at_and_leaves_every_row_of_every_table_alone(releases, site, options):
    before = everything()
    site.forget_arrivals()
    said = verify(dry_run=True, **options)
    named = {"past", "other"} if options else {"soon"}
    assert {line.split()[-1] for line in said.splitlines() if line.startswith("would check")} == named
    assert everything() == before
    assert site.arrivals() == []


@pytest.mark.django_db
def test_a_replay_checks_once_at_the_rehearsals_watched_at_its_time_and_marks_each_check(releases, site):
    site.forget_arrivals()
    began = datetime.now(UTC)
    verify(at=AT)
    looks = Observation.objects.order_by("release__reference").values_list("release__reference", "replayed", "sent_at")
    at = SEED_DUE + timedelta(minutes=2)
    assert list(looks) == [("other", True, at), ("past", True, at)]
    assert sorted(arrival.path for arrival in site.arrivals()) == ["/other", "/past"]
    assert all(arrival.at > began for arrival in site.arrivals())


@pytest.mark.parametrize(
    "time", ["nonsense", "2020-06-30 25:00", "2020-03-29 01:30"], ids=["no time", "no hour", "skipped hour"]
)
def test_a_time_that_is_none_is_refused_in_one_line(time):
    with pytest.raises(CommandError) as refusal:
        call_command("verify_releases", "--at", time)
    (line,) = str(refusal.value).splitlines()
    assert "--at" in line
    assert time in line or "clocks" in line


def test_a_refusal_is_one_line_on_stderr_and_fails_the_process(tmp_path):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    command = [sys.executable, "manage.py", "verify_releases", "--at", "nonsense"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
