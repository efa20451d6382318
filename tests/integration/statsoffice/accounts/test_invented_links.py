"""Invented links of invitations: nothing is stored of them."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.rules.lifecycle import Role
from statsoffice.accounts import invitations
from tests.support.factories import ProducerFactory, create_member

pytestmark = pytest.mark.django_db

INVENTED = "x" * 43


def followed(client, secret):
    return client.get(reverse("account_invited", args=[secret]), follow=True).status_code


def test_of_an_invented_link_no_session_is_kept():
    assert followed(Client(), INVENTED) == 410
    assert Session.objects.count() == 0


def test_an_invented_link_does_not_lead_to_the_invitation_that_was_followed_before(client):
    producer = ProducerFactory()
    head = create_member(Role.HEAD_OF_PROFESSION, producer)
    _, secret = invitations.invite(
        email="jo.lane@example.gov.uk", name="Jo Lane", producer=producer, role=Role.STATISTICIAN, by=head,
        at=timezone.now(),
    )  # fmt: skip
    assert followed(client, secret) == 200
    assert followed(client, INVENTED) == 410
