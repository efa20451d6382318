"""Who receives an anchor by email, when, and that the email is enough to compare with."""

from datetime import timedelta

import pytest

from releases.core import anchor_text
from releases.models import Anchor, TimeStampRequest
from statsoffice import anchoring
from statsoffice.messages import anchors_made, outbox
from statsoffice.messages.delivery import deliver
from statsoffice.messages.models import Message
from tests.factories import SEED_DUE, a_release
from tests.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

PEOPLE = ["auditor@example.org", "regulation@example.gov.uk"]


@shared_fixture
def anchor() -> Anchor:
    a_release()
    anchor = anchoring.make_due(now=SEED_DUE)
    assert anchor
    return anchor


@pytest.fixture
def named(settings):
    settings.ANCHOR_RECIPIENTS = PEOPLE


def sent_to(now):
    outbox.create_missing(now=now)
    return sorted(Message.objects.filter(event__startswith="anchor-").values_list("recipient", flat=True))


def test_the_people_of_the_settings_receive_it_once(anchor, named, mailoutbox):
    assert sent_to(SEED_DUE) == PEOPLE
    assert sent_to(SEED_DUE + timedelta(seconds=5)) == PEOPLE
    deliver(now=SEED_DUE)
    (written,) = anchor_text.read(mailoutbox[0].body)
    assert (written.number, written.root, list(written.heads)) == (1, anchor.root, anchor.combined())
    assert "There is no time stamp of an authority." in mailoutbox[0].body
    assert mailoutbox[0].subject == "Anchor 1 of the record of Statistics office"


def test_nobody_receives_it_where_the_settings_name_nobody(anchor):
    assert sent_to(SEED_DUE) == []


def test_it_waits_ten_minutes_for_its_time_stamp(anchor, named):
    TimeStampRequest.objects.create(anchor=anchor, due_at=SEED_DUE)
    wait = anchors_made.WAIT_FOR_TIME_STAMP
    assert sent_to(SEED_DUE + wait - timedelta(seconds=1)) == []
    assert sent_to(SEED_DUE + wait) == PEOPLE


def test_an_old_one_is_not_sent_any_more(anchor, named):
    assert sent_to(SEED_DUE + timedelta(days=7)) == []
