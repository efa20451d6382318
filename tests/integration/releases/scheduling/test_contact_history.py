"""Details of a former contact are removed from the history at the end of their retention."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from releases.models import Contact
from releases.models.append_only import redaction_marker
from releases.models.producer import erase_former_contact_details
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.support.people import create_office
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

AT = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
KEPT = timedelta(days=730)
NEXT = AT + timedelta(days=100)
OVER = NEXT + KEPT + timedelta(seconds=1)
MARKER = "[removed on 8 October 2022]"
FIRST = {"name": "Quillon Featherstonehaugh", "email": "quillon@example.gov.uk", "telephone": "020 7946 0001"}
SECOND = {"name": "Marigold Underwater", "email": "marigold@example.gov.uk", "telephone": "020 7946 0002"}


@shared_fixture
def office():
    return create_office()


@pytest.fixture
def contact(office, time_machine):
    """A contact that was replaced after a hundred days."""
    time_machine.move_to(AT, tick=False)
    contact = Contact.objects.create(producer=office.producer, post="Lead statistician", **FIRST)
    change(contact, time_machine, at=NEXT, **SECOND)
    return contact


def change(contact, time_machine, *, at, **values):
    time_machine.move_to(at, tick=False)
    for name, value in values.items():
        setattr(contact, name, value)
    contact.save()


def history(contact):
    """Name, address and number of each version, the oldest first."""
    return list(Contact.history.filter(id=contact.pk).order_by("history_date", "history_id").values_list(*FIRST))


def test_details_go_two_years_after_others_took_their_place_and_not_before(contact):
    before = history(contact)
    assert erase_former_contact_details(now=NEXT + KEPT, retention=KEPT) == 0
    assert history(contact) == before
    assert erase_former_contact_details(now=OVER, retention=KEPT) == 1
    assert history(contact) == [(MARKER,) * 3, tuple(SECOND.values())]
    assert erase_former_contact_details(now=OVER + KEPT, retention=KEPT) == 0


def test_who_changed_it_when_and_the_post_stay_and_so_does_the_contact_itself(office, contact):
    Contact.history.update(history_user=office.head)
    columns = ("history_date", "history_user", "history_type", "post", "producer", "id")
    before = list(Contact.history.order_by("pk").values_list(*columns))
    erase_former_contact_details(now=OVER, retention=KEPT)
    assert list(Contact.history.order_by("pk").values_list(*columns)) == before
    assert Contact.objects.filter(pk=contact.pk, **SECOND).exists()


def test_of_someone_who_is_the_contact_still_only_what_is_no_longer_true_goes(contact, time_machine):
    change(contact, time_machine, at=NEXT + timedelta(days=1), telephone="020 7946 0003")
    erase_former_contact_details(now=OVER + timedelta(days=2), retention=KEPT)
    name, email, _telephone = SECOND.values()
    marker = "[removed on 10 October 2022]"
    assert history(contact)[1:] == [(name, email, marker), (name, email, "020 7946 0003")]


def test_each_detail_goes_at_its_own_time_and_keeps_its_own_day(contact, time_machine):
    change(contact, time_machine, at=NEXT + timedelta(days=30), telephone="020 7946 0003")
    erase_former_contact_details(now=NEXT + timedelta(days=31) + KEPT, retention=KEPT)
    change(contact, time_machine, at=OVER + KEPT, name="Zebedee Ploverstone")
    last = OVER + KEPT + KEPT + timedelta(seconds=1)
    assert erase_former_contact_details(now=last, retention=KEPT) == 2
    assert [row[0] for row in history(contact)] == [
        "[removed on 8 November 2022]", redaction_marker(last), redaction_marker(last),
        "Zebedee Ploverstone",
    ]  # fmt: skip
    assert history(contact)[1][2] == "[removed on 8 November 2022]"
    assert erase_former_contact_details(now=last + KEPT, retention=KEPT) == 0


def test_who_is_the_contact_again_is_named_by_the_present_and_by_the_past(contact, time_machine):
    change(contact, time_machine, at=NEXT + timedelta(days=1), **FIRST)
    erase_former_contact_details(now=OVER + timedelta(days=2), retention=KEPT)
    assert [row[0] for row in history(contact)] == [FIRST["name"], "[removed on 10 October 2022]", FIRST["name"]]


def test_of_a_contact_that_was_deleted_everything_goes(contact, time_machine):
    time_machine.move_to(NEXT + timedelta(days=1), tick=False)
    key = contact.pk
    contact.delete()
    contact.pk = key
    assert erase_former_contact_details(now=OVER + timedelta(days=2), retention=KEPT) == 3
    assert {value for row in history(contact) for value in row} == {"[removed on 10 October 2022]"}


def test_a_team_is_no_one_and_its_history_stays(contact):
    Contact.history.update(is_team=True)
    before = history(contact)
    assert erase_former_contact_details(now=OVER, retention=KEPT) == 0
    assert history(contact) == before


def test_a_dry_run_counts_and_changes_nothing(contact):
    before = history(contact)
    assert erase_former_contact_details(now=OVER, retention=KEPT, dry_run=True) == 1
    assert history(contact) == before


def test_the_history_in_the_admin_site_shows_the_marker(client, office, contact):
    erase_former_contact_details(now=OVER, retention=KEPT)
    manager = office.people[Role.CALENDAR_MANAGER]
    User.objects.filter(pk=manager.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=manager.pk))
    page = client.get(reverse("admin:releases_contact_history", args=[contact.pk]))
    assert f"“{MARKER}” → “{SECOND['name']}”" in words(page.text)
    assert FIRST["name"] not in page.text
