"""Expired sessions are removed automatically, which logs no one out."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.monitoring.clock import StoppedClock
from statsoffice import jobs
from statsoffice.audit.models import AccountEvent, What
from tests.support.factories import SEED_DUE, ReleaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_probe(monkeypatch):
    monkeypatch.setattr(jobs, "_probes", {})


def step(at):
    jobs.run_due_checks(clock=StoppedClock(at), process="worker")


@pytest.mark.both_databases
def test_the_step_next_to_the_watch_removes_a_session_after_its_time_and_not_before(client):
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
    ReleaseFactory(confirmed=True, reference="due")
    Session.objects.create(session_key="old", session_data="", expire_date=SEED_DUE - timedelta(days=1))
    step(SEED_DUE - timedelta(seconds=5))
    assert Session.objects.exists()


PASSWORD = "correct horse battery"


def sign_in(person, *, typed=PASSWORD):
    client = Client(headers={"user-agent": "Browser of the office"}, REMOTE_ADDR="203.0.113.7")
    client.post(reverse("account_login"), {"login": person.email, "password": typed})
    return client


def test_from_where_someone_was_signed_in_goes_with_the_session_and_that_they_signed_in_stays():
    person = UserFactory()
    sign_in(person)
    ends = Session.objects.get().expire_date
    step(ends - timedelta(seconds=1))
    assert UserSession.objects.get().ip == "203.0.113.7"
    step(ends + timedelta(seconds=1))
    assert not UserSession.objects.exists()
    assert AccountEvent.objects.get(kind=What.SIGNED_IN).account == person


def test_from_where_someone_was_signed_in_who_signed_out_goes_too_and_of_no_one_else():
    here, other = UserFactory(), UserFactory()
    sign_in(here).post(reverse("account_logout"))
    sign_in(other)
    step(timezone.now())
    assert [kept.user for kept in UserSession.objects.all()] == [other]


@pytest.mark.both_databases
def test_attempts_by_network_address_go_once_they_count_no_more():
    cache.clear()  # its table belongs to no model, so entries of a test with real transactions are still there
    sign_in(UserFactory(), typed="another one")
    assert "203.0.113.7" in "".join(counted())
    now = timezone.now()
    step(now)
    assert "203.0.113.7" in "".join(counted())
    step(now + timedelta(days=2))
    assert counted() == []


def counted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM statsoffice_cache")
        return [key for (key,) in cursor.fetchall()]
