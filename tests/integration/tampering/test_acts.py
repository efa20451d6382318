"""Acts of the product that write, change or delete recorded rows: verify_evidence holds after each.

On PostgreSQL each is done with the rights that the processes have where the tables belong to their own role.
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from breaches import merging
from releases import corrections, scheduling, statements
from releases.evidence import coverage, store
from releases.models import Membership, MonitoringRowRecord, Release
from releases.models.event import RETENTION
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from statsoffice import verification
from statsoffice.accounts import invitations
from statsoffice.accounts.models import User
from statsoffice.demo import office as demo_office
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.support import stored_checks as bodies
from tests.support.admin_site import page, signed_in
from tests.support.factories import (
    SEED_DUE,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
)
from tests.support.people import AT, Office, create_office, reload_reports
from tests.support.processes_role import take_rights_of_processes
from tests.support.report_mornings import create_draft
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db


@shared_fixture
def office() -> Office:
    return create_office()


@pytest.fixture(autouse=True)
def _rights_of_processes(db: None) -> None:
    take_rights_of_processes()


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("administrator@example.gov.uk", name="Administrator")


def findings() -> set[str]:
    return {one.why for one in verification.check_evidence(now=timezone.now()) if one.why}


def test_a_role_given_changed_and_taken_away_in_the_admin_site(office, superuser):
    client, person = signed_in(superuser), UserFactory()
    form = {"user": person.pk, "producer": office.producer.pk, "role": Role.AUDITOR}
    client.post(page("membership", "add"), form)
    given = Membership.objects.get(user=person)
    assert findings() == set()
    client.post(page("membership", "change", given.pk), form | {"role": Role.STATISTICIAN})
    given.refresh_from_db()
    assert (given.role, findings()) == (Role.STATISTICIAN, set())
    client.post(page("membership", "delete", given.pk), {"post": "yes"})
    assert (Membership.objects.filter(user=person).count(), findings()) == (0, set())
    chosen = Membership.objects.filter(producer=office.producer)
    selected = [str(key) for key in chosen.values_list("pk", flat=True)]
    client.post(page("membership"), {"action": "delete_selected", "_selected_action": selected, "post": "yes"})
    assert (chosen.count(), findings()) == (0, set())


def test_an_account_that_becomes_and_stops_being_an_administrator(superuser):
    client, person = signed_in(superuser), UserFactory()
    address = reverse("admin:accounts_user_change", args=[person.pk])
    form = {"email": person.email, "name": person.name, "is_active": "on"}
    group = Group.objects.get()
    client.post(address, form | {"is_staff": "on", "groups": [group.pk]})
    person.refresh_from_db()
    assert (person.is_staff, person.groups.count(), findings()) == (True, 1, set())
    client.post(address, form)
    person.refresh_from_db()
    assert (person.is_staff, person.groups.count(), findings()) == (False, 0, set())


def test_an_invitation_and_the_demonstration(office):
    invitation, _secret = invitations.invite(
        email="jo.lane@example.gov.uk",
        name="Jo Lane",
        producer=office.producer,
        role=Role.STATISTICIAN,
        by=office.head,
        at=AT,
    )
    invitations.accept(invitation, password="three quiet herons", at=AT)
    demo_office.set_up_offices()
    assert findings() == set()


def test_drafts_that_are_joined_and_taken_apart(office):
    joint = merging.merge_drafts(a_morning(office, 2), by=office.statistician, at=AT)
    assert findings() == set()
    merging.split_report(*reload_reports([joint]), by=office.statistician, at=AT)
    assert findings() == set()


def test_addresses_and_releases_that_are_changed_and_removed(office):
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer), due_at=SEED_DUE + timedelta(days=50))
    planned = PlannedAddress(url="https://www.example.gov.uk/two", marker="Two")
    address = corrections.correct_missing_address(release, planned, by=None, at=SEED_DUE)
    changed = PlannedAddress(url="https://www.example.gov.uk/three", marker="Three")
    corrections.change_address(address, changed, by=None, at=SEED_DUE)
    assert findings() == set()
    corrections.remove_address(address, by=None, at=SEED_DUE)
    assert findings() == set()
    corrections.remove_release(release, by=None, at=SEED_DUE)
    assert (Release.objects.count(), findings()) == (0, set())


def test_a_release_that_is_announced_confirmed_and_cancelled(office):
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer), due_at=SEED_DUE + timedelta(days=50))
    scheduling.announce_release(release, by=None, at=SEED_DUE)
    confirmed = scheduling.confirm_release(Release.objects.get(), by=None, at=SEED_DUE)
    scheduling.cancel_release(confirmed, reason="The survey failed.", by=office.head, at=SEED_DUE)
    assert findings() == set()


def test_a_statement_that_changes_a_verdict(office):
    report = create_draft(producer=office.producer)
    release = Release.objects.get(suspicions__report=report)
    statements.record_live_time(release, live_at=SEED_DUE, by=office.head, at=AT)
    assert findings() == set()


def test_bodies_that_reach_the_end_of_their_retention_leave_a_marker_in_the_chain(office):
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer))
    bodies.store_checks(bodies.make_check(release.addresses.get(), "not_live", b"not yet", at=-5))
    store.prune_bodies(now=AT + timedelta(days=400), retention=timedelta(days=1), needed=lambda _keys: ())
    assert MonitoringRowRecord.objects.latest("position").why == RETENTION
    assert findings() == set()


def test_coverage_that_grows_ends_and_begins_again():
    for second in range(0, 1200, 5):
        coverage.mark_alive("one", at=AT + timedelta(seconds=second))
        if second < 400:
            coverage.mark_alive("two", at=AT + timedelta(seconds=second))
    coverage.mark_alive("two", at=AT + timedelta(hours=1))
    assert findings() == set()


def test_a_role_given_by_a_test_is_recorded():
    create_member(Role.AUDITOR, ProducerFactory())
    assert findings() == set()
