"""Name and address go from an invitation at the end of their time; who invited whom to what stays by the account."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from releases.rules.lifecycle import Role
from statsoffice import jobs
from statsoffice.accounts import invitations
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import Invitation
from statsoffice.management.commands import personal_record
from statsoffice.retention import redact_old_invitations
from tests.support.factories import ProducerFactory, create_member

pytestmark = pytest.mark.django_db

KEPT = timedelta(days=730)
ADDRESS = "jo.lane@example.gov.uk"


@pytest.fixture
def head():
    return create_member(Role.HEAD_OF_PROFESSION, ProducerFactory())


@pytest.fixture
def invitation(head):
    producer = head.memberships.get().producer
    role, now = Role.STATISTICIAN, timezone.now()
    return invitations.invite(email=ADDRESS, name="Jo Lane", producer=producer, role=role, by=head, at=now)[0]


def over(invitation):
    return invitation.expires_at + KEPT + timedelta(seconds=1)


def test_the_worker_removes_them_two_years_after_the_link_ended_and_not_before(invitation, head, time_machine):
    time_machine.move_to(invitation.expires_at + KEPT, tick=False)
    jobs.erase_names()
    assert Invitation.objects.get().email == ADDRESS
    time_machine.move_to(over(invitation), tick=False)
    jobs.erase_names()
    kept = Invitation.objects.get()
    assert (kept.email, kept.erased_at, kept.invited_by, kept.role) == ("", over(invitation), head, "statistician")
    assert kept.name.startswith("[removed on ")
    assert personal_record.collect_personal_data(ADDRESS)["named"] == {}
    assert redact_old_invitations(now=over(invitation) + KEPT) == 0


def test_a_dry_run_counts_and_changes_nothing(invitation):
    assert redact_old_invitations(now=over(invitation), dry_run=True) == 1
    assert Invitation.objects.get().email == ADDRESS


def test_whom_nothing_is_kept_of_is_neither_listed_nor_invited_again(client, invitation, head):
    client.force_login(head)
    assert "Jo Lane" in client.get(reverse("invitations")).text
    redact_old_invitations(now=over(invitation))
    page = client.get(reverse("invitations")).text
    assert "[removed on " not in page
    assert client.post(reverse("send_invitation_again", args=[invitation.pk])).status_code == 404
    with pytest.raises(InvitationRefused):
        invitations.send_again(invitation, by=head, at=timezone.now())
