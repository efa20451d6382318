"""Who receives an anchor by email, when, and that the email is enough to compare with."""

from datetime import timedelta

import pytest

from releases.models import Anchor, TimeStamp, TimeStampRequest
from releases.rules import anchor as rules_anchor
from statsoffice import anchors
from statsoffice.notifications import office_queries, outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

PEOPLE = ["auditor@example.org", "regulation@example.gov.uk"]


@shared_fixture
def anchor() -> Anchor:
    ReleaseFactory()
    anchor = anchors.make_due(now=SEED_DUE)
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
    deliver_messages(now=SEED_DUE)
    (written,) = rules_anchor.read_anchor(mailoutbox[0].body)
    assert (written.number, written.root, list(written.heads)) == (1, anchor.root, anchor.combined())
    assert mailoutbox[0].subject == "Save this email: anchor 1 of the record of Statistics office"


def text_of_mail(mailoutbox, *, now=SEED_DUE):
    outbox.create_missing(now=now)
    deliver_messages(now=now)
    return mailoutbox[-1].body


def test_it_says_what_it_covers_and_whom_to_contact(anchor, named, mailoutbox, settings):
    settings.SECURITY_CONTACT = "security@example.gov.uk"
    *paragraphs, _ = text_of_mail(mailoutbox).split("\n\n")
    assert paragraphs == [
        (
            "You get this email because Statistics office asked you to store proof of its record of statistics "
            "releases. You do not need to reply. To stop these emails, ask Statistics office."
        ),
        (
            "Save this email unchanged, where the office cannot delete it. Save every one: a newer email does not "
            "replace an older one."
        ),
        (
            "The lines at the end are a fingerprint of the record at 9:30am on 30 June 2020 (London time). They do not "
            "show what the record says. We make one every day, after each morning of releases and after each approved "
            "report."
        ),
        (
            "The lines cover the rows that were stored by that time. If one of these rows is changed or deleted later, "
            "the record no longer matches the lines. New rows make no difference. Notes, comments and corrective "
            "actions are not covered."
        ),
        (
            "To check the record, send this email as an attachment (.eml) to security@example.gov.uk, and ask for the "
            "output of: manage.py verify_evidence --anchor FILE"
        ),
        "If the record does not match, or if you get no email for 2 days, contact security@example.gov.uk.",
    ]


def test_without_a_contact_it_names_none(anchor, named, mailoutbox):
    text = text_of_mail(mailoutbox)
    assert "contact" not in text
    assert "To check the record" not in text


def test_it_says_when_an_authority_confirmed_the_root(anchor, named, mailoutbox):
    TimeStamp.append(
        [
            TimeStamp(
                anchor=anchor,
                authority="http://stamps.example.org",
                stamped_at=SEED_DUE + timedelta(minutes=11),
                response=b"",
            )
        ]
    )
    assert (
        "A time-stamp authority (http://stamps.example.org) confirmed the root in these lines at 9:41am on 30 June "
        "2020 (London time)."
    ) in text_of_mail(mailoutbox)


@pytest.mark.parametrize("address", ["", "http://stamps.example.org"], ids=["no authority", "an authority"])
def test_it_says_that_an_authority_has_not_answered_if_there_is_one(anchor, named, mailoutbox, settings, address):
    settings.TIMESTAMP_AUTHORITY = address
    TimeStampRequest.objects.create(anchor=anchor, due_at=SEED_DUE)
    text = text_of_mail(mailoutbox, now=SEED_DUE + office_queries.WAIT_FOR_TIME_STAMP)
    sentence = "The time-stamp authority has not answered yet. You do not need to do anything."
    assert (sentence in text) == bool(address)


def test_no_one_receives_it_where_the_settings_name_no_one(anchor):
    assert sent_to(SEED_DUE) == []


def test_it_waits_ten_minutes_for_its_time_stamp(anchor, named):
    TimeStampRequest.objects.create(anchor=anchor, due_at=SEED_DUE)
    wait = office_queries.WAIT_FOR_TIME_STAMP
    assert sent_to(SEED_DUE + wait - timedelta(seconds=1)) == []
    assert sent_to(SEED_DUE + wait) == PEOPLE


def test_an_old_one_is_not_sent_any_more(anchor, named):
    assert sent_to(SEED_DUE + timedelta(days=7)) == []
