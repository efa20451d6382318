"""What holds for every kind of notification: its subject, sender and reason, and numbered steps if there are any."""

import re
from datetime import timedelta
from email.utils import parseaddr
from types import SimpleNamespace

import pytest
from django.conf import settings

from releases.models import Producer, Release
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from statsoffice.notifications.notification import Notification
from statsoffice.notifications.outbox import RULES
from tests.support.people import AT, create_report

pytestmark = pytest.mark.django_db

LONG = "Rail punctuality by region and operator " * 4
CONTACT = SimpleNamespace(name="Ann Lee", email="ann@example.gov.uk", telephone="020 7946 0000")
CALL = {"producer": LONG, "due": 4, "live": 3}
# The values by which the text of a kind differs. Each name of a template must be here.
VARIANTS = {
    "early_release": [{"is_reminder": True}, {}],
    "access_disclosure": [{"report_number": ""}, {"is_reminder": True}, {}],
    "incident_reported": [{}, {"is_early": True}, {"is_early": True, "is_reminder": True}],
    "access_link": [{"is_handling": True}, {"is_handling": True, "is_confirmed": True}, {}],
    "minute_brief": [{"not_live": [("A", "")], "live": ["B"]}],
    "suspected_breach": [{"report": None}, {"release": None}, {"report": None, "release": None, "has_draft": True}, {}],
    "release_to_check": [{}, {"release": None}],
    "late_release_seen_live": [{}, {"release": None}],
    "report_step": [{"step": step} for step in ("submitted", "returned")],
    "unacknowledged_report": [{}, {"report": None}],
    "preflight_problem": [{"problems": ["No page"]}, {"problems": ["No page"], "is_incident": True}],
    "announcement_difference": [{}],
    "morning_summary": [{"call": CALL | {"not_live": 1, "cannot_tell": 0}}],
    "date_request": [{}],
    "date_decision": [{}],
    "access_request": [{}],
    "access_decision": [{}],
    "open_file": [{}],
    "access_list_to_confirm": [{}],
    "access_not_needed": [{}],
    "incident": [{"problems": ["No check"], "to_be_done": "Check each release yourself."}],
    "report_to_send": [],
    "report_due": [{"is_submitted": True}, {}],
    "overdue_action": [{}],
    "anchor": [],
}
# The same for texts that ask for nothing.
NOTHING_TO_DO = {
    "report_step": [{"step": step} for step in ("taken_back", "approved")],
    "morning_summary": [{"call": CALL | {"not_live": 0, "cannot_tell": 0}}],
    "incident": [{"ended": "9am on 30 June 2020", "began": "8am on 30 June 2020"}],
    "report_to_send": [{"nature": nature} for nature in ("report", "correction_notice", "withdrawal_notice")],
    "anchor": [{"lines": ["anchor 1"]}],
}
WHY = "You get this email because "
# A person writes and sends this email to the Office for Statistics Regulation, which is not on a list of ours. Emails
# about an account are not among these kinds: they answer something that was done with the account.
WITHOUT_REASON = {"report_to_send"}
# One email answers a request of the person, so there is nothing to stop.
ONE_EMAIL = {"date_decision", "access_decision", "open_file"}
# Its last lines are for a program that verifies them, so a sentence of its own comes first.
WITH_OWN_REASON = {"anchor"}


@pytest.fixture
def report(office):
    report = create_report(office)
    Producer.objects.update(name=LONG.strip())
    Release.objects.update(title=LONG.strip())
    report.refresh_from_db()
    return report


def test_every_kind_is_covered():
    assert {rule.template for rule in RULES} == set(VARIANTS)
    assert {name for name, given in VARIANTS.items() if not given} <= set(NOTHING_TO_DO)


def rendered(rule, variant, report):
    """Render a kind of message with names that are too long for a subject."""
    release = report.suspicions.get().release
    document = SimpleNamespace(version=2, pdf_sha256="0" * 64)
    dispatch = SimpleNamespace(nature=variant.get("nature"), words="", document=document, by="Ann Lee")
    context = {
        "producer": LONG,
        "number": 2,
        "key": 1,
        "file": 1,
        "kind": "Late",
        "due": "9:30am",
        "day": "30 June 2020",
        "slug": report.producer.slug,
        "reports": [report],
        "report_number": report.number,
        "short": "2 not live",
        "address": "/briefs/1/",
        "contact": CONTACT,
        "person": "Ann Lee",
        "post": "Permanent Secretary",
        "dispatch": dispatch,
        **{name: value for name, value in variant.items() if name not in {"release", "report"}},
    }
    if rule.template == "suspected_breach":
        context["day"] = AT.date()
    about = {"release": release, "report": report} | {name: None for name in ("release", "report") if name in variant}
    return rule.render(Notification(event="event", recipients=frozenset(), context=context, **about))


def steps_of(text):
    return [int(number) for number in re.findall(r"^(\d+)\. ", text, flags=re.MULTILINE)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.template)
def test_subject_and_steps(rule, report, subtests):
    for has_steps, variants in ((True, VARIANTS), (False, NOTHING_TO_DO)):
        for variant in variants.get(rule.template, ()):
            with subtests.test(str(variant)):
                subject, text = rendered(rule, variant, report)
                assert 10 < len(subject) <= 78
                steps = steps_of(text)
                assert steps == list(range(1, len(steps) + 1))
                assert (len(steps) >= 2) == has_steps
                assert ("What to do:" in text) == has_steps


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.template)
def test_every_kind_says_why_a_person_gets_it_and_how_to_stop_it(rule, report, subtests):
    for variant in (*VARIANTS[rule.template], *NOTHING_TO_DO.get(rule.template, ())):
        with subtests.test(str(variant)):
            _subject, text = rendered(rule, variant, report)
            paragraphs = text.strip().split("\n\n")
            if rule.template in WITHOUT_REASON:
                assert WHY not in text
                continue
            reason = paragraphs[0 if rule.template in WITH_OWN_REASON else -1]
            assert reason.startswith(WHY)
            assert text.count(WHY) == 1
            stop = "We send one email for each result." if rule.template in ONE_EMAIL else "To stop these emails, "
            assert stop in reason.replace("\n", " ")


def test_every_mail_has_our_domain_in_its_message_id_and_a_sender_with_a_name(mailbox, report):
    for number, rule in enumerate(RULES):
        (variant, *_rest) = VARIANTS[rule.template] or NOTHING_TO_DO[rule.template]
        subject, text = rendered(rule, variant, report)
        Message.objects.create(
            event=f"event-{number}",
            recipient=f"person.{number}@example.gov.uk",
            subject=subject,
            text=text,
            created_at=AT,
            due_at=AT,
        )
    assert deliver_messages(now=AT + timedelta(minutes=1)) == len(RULES)
    for mail in mailbox.mails:
        name, address = parseaddr(mail["From"])
        domain = address.rpartition("@")[2]
        assert (name, domain) == (settings.OFFICE_NAME, "example.gov.uk")
        assert mail["Message-ID"].endswith(f"@{domain}>")
        assert not domain.endswith(".invalid")
        assert len(mail["Subject"]) <= 78
