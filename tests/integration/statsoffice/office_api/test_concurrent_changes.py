"""Two equal requests of one system at the same time: one change is made, and both get its answer."""

import json
from threading import Thread

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client

from releases.models import Release
from releases.models.append_only import check_chain
from statsoffice.audit.models import AccountEvent, What
from statsoffice.office_api.models import Scope
from tests.support.api_tokens import NOW, issue
from tests.support.factories import SeriesFactory
from tests.support.people import create_office

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def test_of_two_equal_requests_at_once_one_is_carried_out(time_machine):
    time_machine.move_to(NOW, tick=False)
    caches["rates"].clear()
    office = create_office(name="Office for Rain", slug="rain")
    SeriesFactory(producer=office.producer, slug="rain")
    token = issue(office, Scope.CHANGE_CALENDAR)
    body = json.dumps({"series": "rain", "reference": "rain", "title": "Rain", "date": {"day": "2026-08-11"}})
    headers = {"Authorization": f"Bearer {token.secret}", "Idempotency-Key": "one-key-for-both"}
    answers = []

    def request():
        try:
            answers.append(
                Client().post("/api/office/v1/releases", body, content_type="application/json", headers=headers)
            )
        finally:
            connection.close()

    threads = [Thread(target=request) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Release.objects.count() == 1
    assert AccountEvent.objects.filter(kind=What.API_TOKEN_USED).count() == 1
    assert check_chain(AccountEvent)[1] is None
