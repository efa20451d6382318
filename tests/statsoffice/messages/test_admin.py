"""The outbox in the admin site can be read and not changed."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from statsoffice.messages.models import Message
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 30, 8, 33, tzinfo=UTC)


def test_an_operator_sees_why_a_message_was_not_sent_and_can_change_nothing(client):
    message = Message.objects.create(
        event="suspected-breach-1",
        recipient="person@example.gov.uk",
        subject="Suspected breach",
        text="See the record.",
        created_at=NOW,
        due_at=NOW,
        last_error="550 No such mailbox",
    )
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert "550 No such mailbox" in client.get(reverse("admin:outbox_message_changelist")).text
    change = reverse("admin:outbox_message_change", args=[message.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"sent_at_0": "2020-06-30", "sent_at_1": "09:33"}).status_code == 403
    assert client.post(reverse("admin:outbox_message_delete", args=[message.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:outbox_message_add")).status_code == 403
    assert Message.objects.get().sent_at is None
