"""A person who asks which data is held about them is answered from every table, without passwords."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from breaches import editing
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import receipts
from releases.models import AccessLink, Contact
from releases.rules.receipts import Answer
from statsoffice import retention
from statsoffice.notifications.models import Channel, Message
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import AT, create_office, create_report
from tests.support.pre_release_lists import EMAIL, granted

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    office = create_office()
    report = create_report(office, ReportStatus.APPROVED)
    editing.write_note(report, text="Head Of Profession was rung.", happened_at=AT, by=office.statistician, at=AT)
    return office


def held(email):
    out = StringIO()
    call_command("personal_record", email, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.both_databases
def test_the_account_what_the_person_did_and_where_they_are_named_are_told(office):
    record = held(office.head.email.upper())
    assert record["account"]["name"] == "Head Of Profession"
    (approved,) = record["acted"]["breaches.approveddocument"]["approved_by"]["listed"]
    assert approved["approved_at"].startswith("2020-06-30T10:02")
    assert record["acted"]["releases.membership"]["user"]["rows"] == 1
    (note,) = record["named"]["breaches.timelinenote"]["listed"]
    assert note["text"] == "Head Of Profession was rung."
    assert record["acted"]["breaches.reportevent"]["actor"]["rows"] > 0


def test_neither_password_nor_anyone_elses_account_is_told(office):
    record = held(office.head.email)
    assert office.head.password not in json.dumps(record)
    assert [one["email"] for one in record["named"]["accounts.user"]["listed"]] == [office.head.email]


def test_someone_without_an_account_is_checked_for_by_their_address(office):
    Contact.objects.create(producer=office.producer, name="Somebody", email="somebody.else@example.gov.uk")
    record = held("somebody.else@example.gov.uk")
    assert (record["account"], record["acted"]) == (None, {})
    assert record["named"]["releases.contact"]["listed"][0]["name"] == "Somebody"


def test_a_text_message_is_found_by_the_persons_present_or_former_mobile_number(office):
    contact = ContactFactory(producer=office.producer, user=office.head, telephone="07700 900123")
    for event, number in (("first", "07700900123"), ("second", "07700900456"), ("of-another", "07700900789")):
        Message.objects.create(
            event=event, channel=Channel.TEXT, recipient=number, subject="", text="x", created_at=AT, due_at=AT
        )
    contact.telephone = "07700 900456"
    contact.save()
    messages = held(office.head.email)["named"]["outbox.message"]["listed"]
    assert {one["recipient"] for one in messages} == {"07700900123", "07700900456"}


def test_of_someone_who_is_unknown_nothing_is_held(office):
    UserFactory()
    assert held("nobody@example.gov.uk") == {
        "email": "nobody@example.gov.uk",
        "account": None,
        "sessions": [],
        "handling_receipts": [],
        "acted": {},
        "named": {},
    }


def test_what_a_person_with_pre_release_access_answered_is_told_without_a_link(office):
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
    release = ReleaseFactory(
        announced=True, series=SeriesFactory(producer=office.producer, slug="asked"), reference="asked"
    )
    granted(release, by=office.statistician)
    receipts.make_due_links(now=SEED_DUE - timedelta(hours=24))
    link = AccessLink.objects.get()
    receipts.answer_link(receipts.token_of(link), Answer.ACKNOWLEDGED, at=SEED_DUE - timedelta(hours=23))
    record = held(EMAIL)
    assert [(one["release"], one["answer"]) for one in record["handling_receipts"]] == [("asked", "acknowledged")]
    assert link.digest not in json.dumps(record)


@pytest.mark.both_databases
def test_names_next_to_the_address_are_checked_for_too_and_a_team_is_no_one(office):
    person = {"producer": office.producer, "email": "quillon@example.gov.uk"}
    contact = Contact.objects.create(name="Quillon Featherstonehaugh", telephone="020 7946 0001", **person)
    report = Report.objects.get()
    editing.write_note(report, text="Quillon Featherstonehaugh rang.", happened_at=AT, by=office.statistician, at=AT)
    Contact.objects.create(
        producer=office.producer, name="Head Of Profession", email="team@example.gov.uk", is_team=True
    )
    named = held("QUILLON@example.gov.uk")["named"]
    assert [row["text"] for row in named["breaches.timelinenote"]["listed"]] == ["Quillon Featherstonehaugh rang."]
    assert "breaches.timelinenote" not in held("team@example.gov.uk")["named"]
    contact.name, contact.email = "Marigold Underwater", "marigold@example.gov.uk"
    contact.save()
    former = held("quillon@example.gov.uk")["named"]
    assert former["releases.historicalcontact"]["listed"][0]["telephone"] == "020 7946 0001"
    assert "breaches.timelinenote" in former


def test_what_was_removed_at_the_end_of_its_time_is_not_told(office):
    person = {"producer": office.producer, "email": "quillon@example.gov.uk"}
    contact = Contact.objects.create(name="Quillon Featherstonehaugh", **person)
    contact.name, contact.email = "Marigold Underwater", "marigold@example.gov.uk"
    contact.save()
    kind = ContentType.objects.get_for_model(Contact)
    LogEntry.objects.create(
        user=office.head, content_type=kind, object_repr="Quillon Featherstonehaugh", action_flag=CHANGE
    )
    Message.objects.create(event="x-1", recipient="quillon@example.gov.uk", created_at=AT, due_at=AT, sent_at=AT)
    places = {"releases.historicalcontact", "admin.logentry", "outbox.message"}
    assert set(held("quillon@example.gov.uk")["named"]) == places
    retention.redact_old_details(now=timezone.now() + timedelta(days=731))
    assert held("quillon@example.gov.uk")["named"] == {}


def test_from_where_the_person_is_signed_in_is_told_and_nothing_that_would_let_anyone_in(office):
    client = Client(headers={"user-agent": "Browser of the office"}, REMOTE_ADDR="203.0.113.7")
    password = "correct horse battery"  # that of every invented account
    client.post(reverse("account_login"), {"login": office.head.email, "password": password})
    record = held(office.head.email)
    (session,) = record["sessions"]
    assert (session["ip"], session["user_agent"]) == ("203.0.113.7", "Browser of the office")
    assert client.session.session_key not in json.dumps(record)
