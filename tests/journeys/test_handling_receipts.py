"""Two people with pre-release access, a forwarded link and a possible disclosure, with a real mail server."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from breaches import drafting
from breaches.models import Report
from releases.models import AccessLink, AccessReceipt, ReleaseEvent
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import Role
from releases.rules.receipts import Purpose
from statsoffice import jobs
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.pre_release_lists import EMAIL, LONG_BEFORE, MINISTER, PERSON, granted, someone
from tests.support.pre_release_pages import address, seen_on

pytestmark = pytest.mark.django_db

LINK = re.compile(r"https?://\S+/receipts/(\S+)/")
OPENS = SEED_DUE - timedelta(hours=24)
DO_NOT_SEND = "Terms not confirmed: do not send"
SECOND = timedelta(seconds=1)
EARLIER = LONG_BEFORE - timedelta(days=20)


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def morning(settings, time_machine, mailbox):
    """Set the clock of the pages and run the jobs at that instant; return the mails that arrived."""
    settings.ADDRESS = "https://office.example.gov.uk"

    def run(at):
        time_machine.move_to(at, tick=False)
        before = len(mailbox.mails)
        for job in (jobs.receipts.make_due_links, jobs.receipts.record_silent, outbox.create_missing):
            job(now=at)
        deliver_messages(now=at)
        drafting.draft_disclosures(now=at)
        return mailbox.mails[before:]

    return run


def links_in(mails):
    """The paths of the links in some mails, by recipient."""
    found = {}
    for mail in mails:
        text = mail.get_body(("plain",)).get_content()
        if match := LINK.search(text):
            found[mail["To"]] = f"/receipts/{match[1]}/"
            assert match[0] in mail.get_body(("html",)).get_content(), "the HTML has the same link"
    return found


def test_two_recipients_confirm_and_receive_and_a_forwarded_link_starts_a_restricted_draft(morning, client):
    office = create_office(asks_recipients=True)
    contact = ContactFactory(producer=office.producer, name="Statistics desk", telephone="020 7946 0000")
    series = SeriesFactory(producer=office.producer, responsible=contact)
    release = ReleaseFactory(announced=True, series=series)
    granted(release, by=office.statistician, at=EARLIER)
    secretary = someone(email="secretary@example.gov.uk")
    granted(release, secretary, by=office.statistician, at=EARLIER)

    def page_of_list(person=office.statistician):
        client.force_login(person)
        return words(client.get(address("list", release)))

    # Ten working days before the release, the owner is asked; no one else is.
    mails = morning(LONG_BEFORE - timedelta(days=3))
    assert {mail["To"] for mail in mails} == {contact.email, series.head_of_profession.email}
    assert all("Check the pre-release access list" in mail["Subject"] for mail in mails)
    client.force_login(office.statistician)
    client.post(address("confirm_list", release), seen_on(client.get(address("list", release))))
    assert f"{office.statistician} confirmed at" in page_of_list()

    # Five working days before the window opens: the Monday of the week before.
    asks_at = SEED_DUE - timedelta(days=8, minutes=30)
    assert format_moment(asks_at) == "9am on 22 June 2020"
    assert page_of_list().count(DO_NOT_SEND) == 2
    assert morning(asks_at - SECOND) == []
    terms = links_in(morning(asks_at))
    assert set(terms) == {EMAIL, secretary.email}
    assert page_of_list().count(DO_NOT_SEND) == 2

    # A mail scanner opens every link, and so does a person. Nothing changes.
    outside = Client()
    for link in terms.values():
        for method in (outside.get, outside.head, outside.options):
            method(link)
    assert not AccessReceipt.objects.exists()
    assert page_of_list().count(DO_NOT_SEND) == 2

    # One confirms, with a second click. The other one does not.
    shown = words(outside.get(terms[EMAIL]))
    assert f"This link is only for {PERSON} , {MINISTER.post}, {MINISTER.organisation}." in shown
    assert "Statistics desk" in shown
    for _click in range(2):
        assert outside.post(terms[EMAIL], {"answer": "confirmed"}).status_code == 302
    assert AccessReceipt.objects.count() == 1
    assert page_of_list().count(DO_NOT_SEND) == 1

    # The window opens, and never before.
    assert links_in(morning(OPENS - SECOND)) == {}
    assert not AccessLink.objects.filter(purpose=Purpose.HANDLING).exists()
    handling = links_in(morning(OPENS))
    assert set(handling) == {EMAIL, secretary.email}
    assert links_in(morning(OPENS + timedelta(seconds=5))) == {}, "once"
    assert ReleaseEvent.objects.get(kind="pre_release_no_answer").facts["post"] == secretary.post

    # The minister forwards the mail. The wrong reader sees to whom the link belongs, and opening it changes nothing.
    before = AccessReceipt.objects.count()
    shown = words(Client().get(handling[EMAIL]))
    assert PERSON in shown
    assert "If you are not this person, do not select a button. Delete the email, and tell us" in shown
    assert AccessReceipt.objects.count() == before
    outside.post(handling[EMAIL], {"answer": "acknowledged"})
    assert "Receipt confirmed" in page_of_list()

    # The minister reports what happened, by the same page. A person decides what it is.
    morning(OPENS + timedelta(hours=2))
    report_page = f"{handling[EMAIL]}disclosure/"
    outside.get(report_page)
    assert not Report.objects.exists()
    typed = {"what": "sent_to_other", "on-day": 29, "on-month": 6, "on-year": 2020, "time": "11:20am"}
    for _click in range(2):
        assert outside.post(report_page, typed).url == f"{handling[EMAIL]}?given=disclosure"
    # The draft is made within seconds, and the message has its number.
    assert morning(OPENS + timedelta(hours=2, seconds=5)) == []
    mails = morning(OPENS + timedelta(hours=2, seconds=10))
    report = Report.objects.get()
    assert all(f"/reports/?number={report.number}" in mail.get_body(("plain",)).get_content() for mail in mails)
    assert (report.kind, report.status, report.person_dealing) == ("pra", "draft", None)
    assert {mail["To"] for mail in mails} == {office.head.email, office.deputy.email}
    assert all(release.title not in str(mail) and PERSON not in str(mail) for mail in mails)
    account = report.versions.get().content["circumstances"]
    for part in (
        "At 11:30am on 29 June 2020, a person on the pre-release access list reported a possible disclosure",
        "– When it may have happened: 11:20am on 29 June 2020.",
        "– When it was reported: 11:30am on 29 June 2020.",
        "Terms confirmed at ",
        "Receipt confirmed at ",
    ):
        assert part in account
    assert PERSON not in account
    assert "noticed" not in account

    # Only the people who lead know of the report.
    page = reverse("breaches:report", args=[report.reference])
    for person, status in ((office.head, 200), (office.statistician, 404), (office.people[Role.CALENDAR_MANAGER], 404)):
        client.force_login(person)
        assert client.get(page).status_code == status
    assert "disclosure" not in page_of_list().lower()

    # No token is stored anywhere, and every link ends.
    tokens = [link.strip("/").rpartition("/")[2] for link in (*terms.values(), *handling.values())]
    assert all(token not in message.text for token in tokens for message in Message.objects.all())
    assert {outside.get(link).status_code for link in (*terms.values(), *handling.values())} == {200}
    morning(SEED_DUE + timedelta(days=1))
    assert {outside.get(link).status_code for link in (*terms.values(), *handling.values())} == {404}
