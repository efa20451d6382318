"""What the ticks do when one of their steps fails."""

import pytest
from django.utils import timezone

from breaches.drafts import drafting
from releases.core.roles import Role
from statsoffice import celery, tasks
from statsoffice.messages import outbox
from statsoffice.messages.models import Message
from statsoffice.running.programs import QUEUES
from tests.factories import ProducerFactory, SeriesFactory, member
from tests.releases.exchange.by_file.stored import uploaded


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


@pytest.mark.django_db
def test_a_tick_checks_what_was_uploaded_and_beat_wakes_it_in_a_queue_that_the_worker_serves():
    series = SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain")
    found = uploaded(member(Role.CALENDAR_MANAGER, series.producer), {}, at=timezone.now())
    tasks.imports()
    found.refresh_from_db()
    assert found.status == "checked"
    entry = celery.app.conf.beat_schedule["imports"]
    assert (entry["task"], entry["options"]["queue"]) == (tasks.imports.name, "imports")
    assert "imports" in QUEUES.split(",")
