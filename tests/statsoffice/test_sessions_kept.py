"""Sessions go by themselves once they have expired, and nobody who is logged in is logged out by that."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from releases.clock import StoppedClock
from statsoffice import unhurried
from tests.factories import SEED_DUE, UserFactory, a_confirmed_release

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_probe(monkeypatch):
    monkeypatch.setattr(unhurried, "_probes", {})


def step(at):
    unhurried.take(clock=StoppedClock(at), watcher="worker")


def test_the_step_beside_the_watch_removes_a_session_after_its_time_and_not_before(client):
    client.force_login(UserFactory())
    session = Session.objects.get()
    step(session.expire_date - timedelta(seconds=1))
    assert Session.objects.exists()
    step(session.expire_date + timedelta(seconds=1))
    assert not Session.objects.exists()


def test_who_is_logged_in_stays_so_while_another_session_expires(client):
    client.force_login(UserFactory())
    mine = Session.objects.get()
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    step(timezone.now())
    assert list(Session.objects.all()) == [mine]


def test_near_a_due_instant_they_wait():
    a_confirmed_release(reference="due")
    Session.objects.create(session_key="old", session_data="", expire_date=SEED_DUE - timedelta(days=1))
    step(SEED_DUE - timedelta(seconds=5))
    assert Session.objects.exists()
