"""A person who asks what is held about them is answered from every table, and by nobody's password."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from breaches import notes
from breaches.status import ReportStatus
from releases.models import Contact
from tests.breaches.people import AT, a_report, an_office
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    office = an_office()
    report = a_report(office, ReportStatus.APPROVED)
    notes.write(report, text="Head Of Profession was rung.", happened_at=AT, by=office.statistician, at=AT)
    return office


def held(email):
    out = StringIO()
    call_command("personal_record", email, stdout=out)
    return json.loads(out.getvalue())


def test_the_account_what_the_person_did_and_where_they_are_named_are_told(office):
    record = held(office.head.email.upper())
    assert record["account"]["name"] == "Head Of Profession"
    (approved,) = record["acted"]["breaches.approveddocument"]["approved_by"]["listed"]
    assert approved["approved_at"].startswith("2020-06-30T10:02")
    assert record["acted"]["releases.membership"]["user"]["rows"] == 1
    (note,) = record["named"]["breaches.timelinenote"]["listed"]
    assert note["text"] == "Head Of Profession was rung."
    assert record["acted"]["breaches.reportevent"]["actor"]["rows"] > 0


def test_neither_password_nor_anybody_elses_account_is_told(office):
    record = held(office.head.email)
    assert office.head.password not in json.dumps(record)
    assert [one["email"] for one in record["named"]["accounts.user"]["listed"]] == [office.head.email]


def test_somebody_without_an_account_is_looked_for_by_their_address(office):
    Contact.objects.create(producer=office.producer, name="Somebody", email="somebody.else@example.gov.uk")
    record = held("somebody.else@example.gov.uk")
    assert (record["account"], record["acted"]) == (None, {})
    assert record["named"]["releases.contact"]["listed"][0]["name"] == "Somebody"


def test_of_somebody_who_is_unknown_nothing_is_held(office):
    UserFactory()
    assert held("nobody@example.gov.uk") == {
        "email": "nobody@example.gov.uk",
        "account": None,
        "acted": {},
        "named": {},
    }
