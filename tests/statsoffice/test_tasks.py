"""What the ticks do when one of their steps fails."""

import pytest
from django.utils import timezone

from breaches import drafting
from statsoffice import tasks
from statsoffice.messages import outbox
from statsoffice.messages.models import Message


def fail(**_):
    message = "no such table"
    raise LookupError(message)


@pytest.mark.django_db
def test_a_message_that_cannot_be_written_keeps_no_other_from_being_sent(monkeypatch, mailoutbox):
    now = timezone.now()
    Message.objects.create(
        event="news", recipient="a@example.gov.uk", subject="News", text="Some news", created_at=now, due_at=now
    )
    monkeypatch.setattr(outbox.suspected, "owed", fail)
    with pytest.raises(ExceptionGroup, match="1 of 5 steps failed"):
        tasks.deliver()
    assert [mail.subject for mail in mailoutbox] == ["News"]
    assert Message.objects.get().sent_at is not None


@pytest.mark.django_db
def test_a_fault_in_the_drafts_does_not_keep_the_roll_from_being_called(monkeypatch):
    called = []
    monkeypatch.setattr(drafting, "_raise_suspicions", fail)
    monkeypatch.setattr(tasks.roll_call, "call_missing", lambda **asked: called.append(asked))
    with pytest.raises(ExceptionGroup):
        tasks.draft()
    assert len(called) == 1
