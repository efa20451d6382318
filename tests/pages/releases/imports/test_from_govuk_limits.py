"""The web waits for GOV.UK no longer than it may, asks no more often than it may, and only for who keeps a calendar."""

import time

import pytest
from django.urls import reverse
from django.utils import timezone

from releases import host_budgets
from releases.models import HostLease
from releases.rules.lifecycle import Role
from releases.views import imports as page_of_govuk
from statsoffice.fake_publisher.scenes import scene
from tests.support.content_api import api_path
from tests.support.factories import UserFactory, create_member
from tests.support.pasted_addresses import PATH, START, error, read

pytestmark = pytest.mark.django_db(transaction=True)


class TestPolite:
    def test_a_site_that_takes_too_long_keeps_no_one_waiting(self, client, keeper, announced, monkeypatch):
        monkeypatch.setattr(page_of_govuk, "LONGEST_SECONDS", 1.0)
        begun = time.monotonic()
        assert "did not respond in time" in error(read(client, announced(delay_seconds=30)))
        assert time.monotonic() - begun < 10
        assert page_of_govuk.LONGEST_SECONDS <= 9.5

    def test_the_part_of_the_hosts_budget_is_leased_and_given_back(self, client, keeper, announced, site, monkeypatch):
        name = host_budgets.claim_spare(site.base_url.removeprefix("http://"))
        host_budgets.claim_hosts([name], holder="another", now=timezone.now())
        monkeypatch.setattr("releases.imports.govuk.PATIENCE_SECONDS", 0.6)
        site.forget_arrivals()
        assert "did not respond in time" in error(read(client, announced()))
        assert site.arrivals() == []
        host_budgets.release_hosts("another", now=timezone.now())
        assert "Check this release" in read(client, announced()).text
        assert HostLease.objects.get(host=name).holder == ""

    def test_a_site_that_asked_to_be_left_alone_is(self, client, keeper, announced, site):
        site.publish(api_path(PATH), [scene(status=429, headers={"Retry-After": "60"})])
        assert "is busy" in error(read(client, site.url(PATH)))
        announced()
        site.forget_arrivals()
        assert "is busy" in error(read(client, site.url(PATH)))
        assert site.arrivals() == []


class TestWho:
    def test_the_person_who_keeps_no_calendar_finds_no_page(self, client, series):
        for person in (create_member(Role.STATISTICIAN, series.producer), UserFactory()):
            client.force_login(person)
            assert client.get(START).status_code == 404
            assert read(client, "https://www.gov.uk/x").status_code == 404
            assert client.get(reverse("exchange:record_from_govuk")).status_code == 404
            assert client.post(reverse("exchange:record_from_govuk")).status_code == 404
        client.logout()
        assert read(client, "https://www.gov.uk/x").status_code == 302

    @pytest.mark.parametrize("role", [Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY])
    def test_the_person_who_keeps_one_does(self, client, series, role):
        client.force_login(create_member(role, series.producer))
        assert client.get(START).status_code == 200
        assert client.get(reverse("exchange:record_from_govuk")).headers["Location"] == START
