"""Names of people go from the admin site's log at the end of their time; who changed what, and when, stays."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django.utils import timezone

from releases.models import Contact, Release, Series
from releases.models.append_only import allow_redaction, overwrite, redaction_marker
from releases.rules.lifecycle import Role
from statsoffice import retention, verification
from statsoffice.accounts.models import User
from statsoffice.notifications.models import Preference
from statsoffice.retention import redact_admin_log, remove_names
from tests.pages.releases.admin.test_rota import send
from tests.support.admin_site import staff
from tests.support.factories import ContactFactory
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db

AT = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
KEPT = timedelta(days=730)
OVER = AT + KEPT + timedelta(seconds=1)
NAME = "Quillon Featherstonehaugh"
MARKER = "[removed on 30 June 2022]"
MESSAGE = json.dumps([{"changed": {"name": "email address", "object": NAME, "fields": ["Primary"]}}])


def entry(office, *, model=User, message=MESSAGE, name=NAME):
    return LogEntry.objects.create(
        user=office.head,
        content_type=ContentType.objects.get_for_model(model),
        object_id=str(office.statistician.pk),
        object_repr=name,
        action_flag=CHANGE,
        change_message=message,
        action_time=AT,
    )


@pytest.mark.parametrize("model", [User, Contact, Preference])
def test_a_name_goes_two_years_after_the_edit_and_not_before(office, model):
    made = entry(office, model=model)
    assert redact_admin_log(now=AT + KEPT) == 0
    assert redact_admin_log(now=OVER) == 1
    made.refresh_from_db()
    assert (made.object_repr, made.user, made.object_id) == (MARKER, office.head, str(office.statistician.pk))
    assert made.get_change_message() == f"Changed Primary for email address “{MARKER}”."
    assert redact_admin_log(now=OVER + KEPT) == 0
    assert {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


def test_what_is_called_by_no_persons_name_stays(office):
    made = entry(office, model=Release, name="Schools, March 2020")
    assert redact_admin_log(now=OVER) == 0
    made.refresh_from_db()
    assert made.object_repr == "Schools, March 2020"


def test_the_name_of_a_contact_goes_from_the_edit_of_a_rota_and_the_series_stays(series):
    contact = ContactFactory(producer=series.producer, name=NAME)
    send(staff(Role.CALENDAR_MANAGER, series.producer), series, (contact.pk, 1, "", "every_day"))
    made = LogEntry.objects.get()
    assert f"1: {NAME}" in made.get_change_message()
    over = made.action_time + KEPT + timedelta(seconds=1)
    assert redact_admin_log(now=made.action_time + KEPT) == 0
    assert redact_admin_log(now=over, dry_run=True) == 1
    assert redact_admin_log(now=over) == 1
    redacted = LogEntry.objects.get()
    assert (redacted.object_repr, redacted.object_id) == (made.object_repr, str(series.pk))
    assert made.object_repr == str(series)
    assert redacted.get_change_message() == made.get_change_message().replace(f"1: {NAME}", redaction_marker(over))
    assert redact_admin_log(now=over + KEPT) == redact_admin_log(now=over + KEPT, dry_run=True) == 0


def test_an_edit_of_a_series_alone_does_not_change(office):
    message = json.dumps([{"changed": {"fields": ["Title", "object"]}}])
    made = entry(office, model=Series, message=message, name="Schools")
    assert redact_admin_log(now=OVER, dry_run=True) == redact_admin_log(now=OVER) == 0
    made.refresh_from_db()
    assert (made.object_repr, made.change_message) == ("Schools", message)


def test_many_go_a_few_at_a_time_and_a_dry_run_changes_nothing(office, monkeypatch):
    monkeypatch.setattr(retention, "LOG_ROWS_AT_A_TIME", 2)
    for _ in range(5):
        entry(office)
    assert redact_admin_log(now=OVER, dry_run=True) == 5
    assert LogEntry.objects.filter(object_repr=NAME).count() == 5
    assert redact_admin_log(now=OVER) == 5
    assert LogEntry.objects.filter(object_repr=MARKER).count() == 5


def test_the_audit_trail_shows_the_marker(client, office):
    entry(office, message="")
    redact_admin_log(now=OVER)
    client.force_login(office.head)
    page = words(client.get("/audit/?kind=permission").text)
    assert f"{MARKER}: changed" in page
    assert NAME not in page


@pytest.mark.parametrize("message", ["", f"Renamed {NAME}.", json.dumps({"changed": NAME})])
def test_words_that_are_not_as_django_keeps_them_go(message):
    assert remove_names(message, marker=MARKER) == ""


def test_what_was_changed_is_said_without_names():
    told = json.dumps([{"changed": {"fields": ["Email", "Active"]}}, {"added": {"name": "role", "object": NAME}}])
    kept = json.loads(remove_names(told, marker=MARKER))
    assert kept == [{"changed": {"fields": ["Email", "Active"]}}, {"added": {"name": "role", "object": MARKER}}]


@pytest.mark.postgresql_only  # SQLite has no trigger on this table of Django's own
def test_postgresql_refuses_whatever_else_is_changed_of_the_log(office):
    made = entry(office)
    for values in ({"object_repr": "x"}, {"user": office.deputy}):
        with pytest.raises(DatabaseError, match="kept as they were written"), transaction.atomic():
            overwrite(made, **values)
    with pytest.raises(DatabaseError, match="kept as they were written"), allow_redaction():
        overwrite(made, user=office.deputy)
