"""The same invitation by two people, or twice by one person, in one moment: one is created, the other is refused."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from releases.rules.lifecycle import Role
from statsoffice.accounts import invitations
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import Invitation
from tests.support.factories import ProducerFactory, UserFactory, create_member

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def invite(by, producer, role):
    address = "jo.lane@example.gov.uk"
    invitations.invite(email=address, name="Jo Lane", producer=producer, role=role, by=by, at=timezone.now())


def is_refused(*invitation):
    try:
        invite(*invitation)
    except InvitationRefused as refusal:
        return "You have already invited" in str(refusal)
    else:
        return False
    finally:
        connection.close()


def wait_for_a_lock(other):
    """Wait until another thread waits for a lock, or has ended."""
    with connection.cursor() as cursor:
        while not other.done():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)


@pytest.mark.parametrize("case", ["two people", "one person", "one person, without a role"])
def test_the_same_invitation_is_created_once(case):
    producer, role = ProducerFactory(), Role.STATISTICIAN
    first, second = (create_member(lead, producer) for lead in (Role.HEAD_OF_PROFESSION, Role.DEPUTY))
    if case == "one person":
        second = first
    elif case == "one person, without a role":
        first = second = UserFactory(is_staff=True, is_superuser=True)
        producer = role = None
    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            invite(first, producer, role)
            other = threads.submit(is_refused, second, producer, role)
            if connection.vendor == "postgresql":
                wait_for_a_lock(other)
        assert other.result(timeout=20)
    assert Invitation.objects.count() == 1
