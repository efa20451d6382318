"""A publishing system with a token, over HTTP: from the page that shows it once to its revocation."""

import re

import pytest
import requests
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from releases.models import DateChangeRequest, Release
from tests.support.api_tokens import NOW
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import create_office

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


def confirmed(person):
    """A person who has signed in and confirmed that it is them."""
    client = Client()
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_a_system_reads_plans_and_requests_a_change_on_which_a_person_decides(live_server, time_machine):
    time_machine.move_to(NOW)
    caches["rates"].clear()
    office = create_office(name="Office for Rain", slug="rain")
    series = SeriesFactory(producer=office.producer, slug="rain")
    due_at = NOW.replace(month=6, day=16, hour=8, minute=30)
    ReleaseFactory(series=series, reference="rain", title="Rain", due_at=due_at, announced=True, confirmed=True)
    head = confirmed(office.head)
    answers = {
        "purpose": "Publishing system",
        "scopes": ["read_calendar", "change_calendar"],
        "last_day-day": "31",
        "last_day-month": "12",
        "last_day-year": "2026",
    }
    created = head.post(reverse("create_api_token", args=["rain"]), answers)
    (secret,) = re.findall(r"statsoffice_\w{8}_[0-9a-f]{64}", created.text)

    base, system = f"{live_server.url}/api/office/v1", requests.Session()
    assert system.get(f"{base}/token", timeout=20).status_code == 401
    system.headers["Authorization"] = f"Bearer {secret}"
    own = system.get(f"{base}/token", timeout=20)
    assert own.json()["purpose"] == "Publishing system"
    assert not system.cookies
    assert [one["reference"] for one in system.get(f"{base}/releases", timeout=20).json()["releases"]] == ["rain"]
    assert system.get(f"{base}/results", timeout=20).status_code == 403

    plan = {"series": "rain", "reference": "rain-july", "title": "Rain in July", "date": {"day": "2026-08-11"}}
    planned = system.post(f"{base}/releases", json=plan, headers={"Idempotency-Key": "key-of-this-plan"}, timeout=20)
    assert (planned.status_code, planned.json()["release"]["status"]) == (201, "provisional")

    change = {"to": {"day": "2026-06-23"}, "reason": "We need more time."}
    key = {"Idempotency-Key": "key-of-this-change"}
    requested = system.post(f"{base}/releases/rain/date", json=change, headers=key, timeout=20)
    assert (requested.status_code, requested.json()["outcome"]) == (202, "requested")
    again = system.post(f"{base}/releases/rain/date", json=change, headers=key, timeout=20)
    assert again.json() == requested.json()
    request = DateChangeRequest.objects.get()
    assert Release.objects.get(reference="rain").due_at == due_at
    assert "through API token" in head.get(reverse("releases:changes_waiting")).text
    confirmed(office.deputy).post(reverse("releases:changes_waiting"), {"requests": [request.pk]})
    assert system.get(f"{base}/releases/rain", timeout=20).json()["date"]["first_day"] == "2026-06-23"

    head.post(reverse("revoke_api_token", args=[office.producer.api_tokens.get().pk]))
    refused = system.get(f"{base}/releases", timeout=20)
    assert (refused.status_code, refused.json()["error"][:23]) == (401, "This token was revoked.")
