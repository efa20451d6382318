"""The page behind a one-person link, for people without an account; and what the producer's pages show."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import pre_release_access, receipts
from releases.models import AccessLink, AccessReceipt, ListConfirmation, ReleaseEvent
from releases.receipts import make_due_links, token_of
from releases.rules.lifecycle import Role
from releases.rules.receipts import Purpose
from statsoffice.middleware import Reader, find_reader
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.pre_release_lists import MINISTER, PERSON, granted, someone
from tests.support.pre_release_pages import address, record_of_visits, seen_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ASKS_AT = SEED_DUE - timedelta(days=8, minutes=30)
OPENS = SEED_DUE - timedelta(hours=24)
DO_NOT_SEND = "Terms not confirmed: do not send"


@pytest.fixture
def link_page(office, entry, clock):
    """The address of the page of one recipient whose window has opened."""
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
    make_due_links(now=ASKS_AT)
    make_due_links(now=OPENS)
    clock(OPENS)
    return of(Purpose.HANDLING)


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", "", answer.content.decode()).split())


def of(purpose):
    return reverse("releases:receipt", args=[token_of(AccessLink.objects.get(purpose=purpose))])


@pytest.fixture
def reader():
    """Someone without an account, whose browser checks forged forms as in production."""
    return Client(enforce_csrf_checks=True)


def test_no_visit_changes_anything_and_no_cookie_is_set(reader, link_page):
    before = record_of_visits()
    for path in (link_page, f"{link_page}disclosure/"):
        for method in (reader.get, reader.head):
            answer = method(path)
            assert (answer.status_code, dict(answer.cookies)) == (200, {})
        assert reader.put(path).status_code == 405
    assert record_of_visits() == before
    assert reader.cookies == {}


def test_every_answer_is_stored_by_no_cache_found_by_no_search_engine_and_sends_no_referrer(reader, link_page):
    answers = [
        reader.get(link_page),
        reader.get(f"{link_page}disclosure/"),
        reader.post(link_page, {"answer": "acknowledged"}),
        reader.post(f"{link_page}disclosure/"),
        reader.get("/receipts/x/"),
    ]
    for answer in answers:
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"].startswith("noindex")
        assert not answer.cookies
    assert '<meta name="robots" content="noindex, nofollow">' in answers[0].content.decode()
    assert "<script" not in answers[0].content.decode().replace('<script src="/static/js/supported.js"></script>', "")


def test_the_page_says_whose_link_it_is_and_what_another_reader_does(reader, link_page, release):
    ContactFactory(producer=release.series.producer)
    shown = words(reader.get(link_page))
    assert f"This link is only for {PERSON}, {MINISTER.post}, {MINISTER.organisation}." in shown
    assert "If you are not this person, do not select a button. Delete the email" in shown
    assert release.series.responsible.email in shown
    assert release.title in shown


def test_a_button_changes_the_record_once_and_the_page_says_when(reader, link_page):
    for _click in range(2):
        assert reader.post(link_page, {"answer": "acknowledged"}).url == f"{link_page}?given=acknowledged"
    assert [receipt.answer for receipt in AccessReceipt.objects.all()] == ["acknowledged"]
    assert "You told us at 9:30am on 29 June 2020 that you have them." in words(reader.get(link_page))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("confirmed", "You have confirmed the terms."),
        ("acknowledged", "You have confirmed that you have the statistics."),
        ("not_needed", "You have said that you no longer need access."),
        ("disclosure", "You have reported a possible disclosure."),
    ],
)
def test_each_answer_is_confirmed_at_the_top_of_the_page_without_a_cookie(reader, link_page, answer, sentence):
    assert sentence not in words(reader.get(f"{link_page}?given={answer}")), "only an answer on record"
    path, typed = (f"{link_page}disclosure/", {"what": "lost"}) if answer == "disclosure" else (link_page, {})
    shown = reader.post(path, typed | {"answer": answer}, follow=True)
    page = LexborHTMLParser(shown.text)
    (banner,) = page.css(".govuk-notification-banner--success")
    assert sentence in banner.text()
    assert shown.text.index("govuk-notification-banner") < shown.text.index("<h1")
    assert not shown.cookies
    assert sentence not in words(reader.get(link_page)), "it is not repeated on the next visit"


def test_a_person_whose_access_has_begun_is_not_told_that_they_do_not_have_the_statistics(reader, link_page, clock):
    shown = words(reader.get(link_page))
    assert "Confirm these terms now. If you already have the statistics, do nothing else with them until" in shown
    assert "not to send you the statistics" not in shown
    clock(ASKS_AT)
    assert "not to send you the statistics until you have confirmed" in words(reader.get(of(Purpose.TERMS)))


def test_the_page_before_the_window_offers_the_terms_and_no_receipt(reader, link_page, clock):
    clock(ASKS_AT)
    terms = of(Purpose.TERMS)
    shown = words(reader.get(terms))
    assert "I confirm these terms" in shown
    assert "I have the statistics" not in shown
    assert "The order for England allows access for up to 24 hours." in shown
    assert reader.post(terms, {"answer": "acknowledged"}).status_code == 404
    assert reader.get(link_page).status_code == 404, "the window has not opened"
    reader.post(terms, {"answer": "confirmed"})
    assert "You confirmed these terms at 9am on 22 June 2020." in words(reader.get(terms))


@pytest.mark.parametrize(
    ("nation", "part", "present"),
    [
        ("scotland", "This is a legal requirement in Scotland.", True),
        ("scotland", "The law for Scotland allows access for up to 5 working days.", True),
        ("northern_ireland", "The order for Northern Ireland allows access for up to 24 hours.", True),
        ("wales", "allows access for up to", False),
        ("wales", "The order for Wales", False),
        ("england", "requires this", False),
    ],
)
def test_the_terms_name_only_what_is_confirmed_of_the_order_of_the_nation(
    reader, link_page, release, nation, part, present
):
    release.series.nation = nation
    release.series.save()
    assert (part in words(reader.get(link_page))) == present


def test_all_links_that_do_not_work_have_the_same_answer(reader, link_page, entry, office, clock):
    known = [link_page, of(Purpose.TERMS)]
    bodies = {reader.get(path).content for path in ("/receipts/x/", "/receipts/link-1/", "/receipts/x/disclosure/")}
    receipts.renew_links(entry, by=office.head, at=OPENS)
    bodies |= {reader.get(path).content for path in known}
    make_due_links(now=OPENS)
    again = reverse("releases:receipt", args=[token_of(AccessLink.objects.get(revoked_at=None))])
    assert reader.get(again).status_code == 200
    clock(SEED_DUE + timedelta(days=1))
    ended = [reader.get(again), reader.post(again, {"answer": "confirmed"})]
    bodies |= {answer.content for answer in ended}
    assert {answer.status_code for answer in ended} == {404}
    assert len(bodies) == 1
    assert "This link does not work" in bodies.pop().decode()


@pytest.mark.parametrize("answer", ["", "silent", "disclosure", "nonsense"])
def test_an_answer_that_the_page_does_not_offer_is_none(reader, link_page, answer):
    assert reader.post(link_page, {"answer": answer}).status_code == 404
    assert not AccessReceipt.objects.exists()


def test_a_form_of_another_site_is_refused_and_one_of_a_page_without_referrer_is_not(reader, link_page):
    given = {"answer": "confirmed"}
    for origin in ("https://elsewhere.example", "https://testserver.elsewhere.example"):
        assert reader.post(link_page, given, headers={"origin": origin}).status_code == 403
    assert not AccessReceipt.objects.exists()
    assert reader.post(link_page, given, headers={"origin": "null"}).status_code == 302
    assert reader.post(link_page, given, headers={"origin": "http://testserver"}).status_code == 302


def test_requests_for_these_pages_are_counted_as_those_of_readers(link_page):
    assert find_reader(link_page) is Reader.PERSON
    assert find_reader("/receipts/x/disclosure/") is Reader.PERSON


def test_no_network_address_and_no_browser_is_stored(reader, link_page):
    headers = {"user-agent": "Unusual/1.0", "x-forwarded-for": "198.51.100.7"}
    reader.post(link_page, {"answer": "acknowledged"}, headers=headers, REMOTE_ADDR="203.0.113.9")
    stored = str([*AccessReceipt.objects.values(), *AccessLink.objects.values(), *ReleaseEvent.objects.values()])
    assert not any(trace in stored for trace in ("Unusual", "198.51.100.7", "203.0.113.9"))
    assert {field.name for field in AccessReceipt._meta.fields} == {
        "id",
        "link",
        "answer",
        "terms",
        "what",
        "happened_at",
        "at",
    }


class TestDisclosure:
    def test_there_is_no_field_for_text_so_that_no_figure_can_be_sent(self, reader, link_page):
        shown = reader.get(f"{link_page}disclosure/").content.decode()
        assert "<textarea" not in shown
        assert shown.count('type="radio"') == 5

    @pytest.mark.parametrize(
        ("typed", "error"),
        [
            ({}, "Select what may have happened"),
            ({"what": "nonsense"}, "Select a valid choice"),
            ({"what": "lost", "time": "4pm"}, "Enter the date too"),
            ({"what": "lost", "on-day": "28", "on-month": "6", "on-year": "2020"}, "Enter the time too"),
            (
                {"what": "lost", "on-day": "30", "on-month": "6", "on-year": "2020", "time": "4pm"},
                "Enter a time in the past",
            ),
        ],
    )
    def test_a_wrong_answer_is_explained_and_nothing_is_stored(self, reader, link_page, typed, error):
        answer = reader.post(f"{link_page}disclosure/", typed)
        assert error in words(answer)
        assert not answer.cookies
        assert not AccessReceipt.objects.exists()

    def test_a_report_is_stored_once_with_what_the_recipient_stated(self, reader, link_page):
        typed = {"what": "in_public", "on-day": "28", "on-month": "6", "on-year": "2020", "time": "4pm"}
        for _click in range(2):
            assert reader.post(f"{link_page}disclosure/", typed).url == f"{link_page}?given=disclosure"
        receipt = AccessReceipt.objects.get()
        assert (receipt.answer, receipt.what, receipt.at) == ("disclosure", "in_public", OPENS)
        assert receipt.happened_at == OPENS - timedelta(hours=17, minutes=30)
        page = LexborHTMLParser(reader.get(link_page).text)
        # It comes before what else the person can do.
        first, *_others = (heading.text() for heading in page.css("main h2"))
        assert first == "You reported a possible disclosure"
        assert "You reported it at 9:30am on 29 June 2020." in page.css_first("main").text()
        assert not page.css(f'a[href="{link_page}disclosure/"]')

    def test_a_second_report_that_says_something_else_is_not_recorded_and_the_page_says_so(
        self, reader, link_page, release
    ):
        ContactFactory(producer=release.series.producer)
        reader.post(f"{link_page}disclosure/", {"what": "lost"})
        answer = reader.post(f"{link_page}disclosure/", {"what": "sent_to_other"})
        assert answer.status_code == 200
        page = LexborHTMLParser(answer.text)
        assert "We did not record this report, because we already have one from you." in (
            page.css_first(".govuk-error-summary").text()
        )
        assert release.series.responsible.email in words(answer)
        assert [field.attributes["value"] for field in page.css("input[checked]")] == ["sent_to_other"]
        assert [receipt.what for receipt in AccessReceipt.objects.all()] == ["lost"]
        assert not answer.cookies


class TestProducersPage:
    def test_a_recipient_is_not_to_be_sent_anything_until_they_have_confirmed(
        self, reader, client, keeper, link_page, release
    ):
        assert DO_NOT_SEND in words(client.get(address("list", release)))
        reader.post(link_page, {"answer": "acknowledged"})
        assert DO_NOT_SEND in words(client.get(address("list", release))), "they have it, without the terms"
        reader.post(link_page, {"answer": "confirmed"})
        shown = words(client.get(address("list", release)))
        assert DO_NOT_SEND not in shown
        assert "Receipt confirmed" in shown
        reader.post(link_page, {"answer": "not_needed"})
        assert "No longer needs access: do not send" in words(client.get(address("list", release)))

    def test_a_recipient_who_needs_no_access_is_promised_no_email_and_offered_no_new_link(
        self, reader, client, keeper, link_page, entry, release
    ):
        terms = of(Purpose.TERMS)
        reader.post(terms, {"answer": "confirmed"})
        promise = "We will send you another email when your access begins"
        renew = address("renew_links", release, entry.pk)
        assert promise in words(reader.get(terms))
        shown = client.get(address("list", release))
        assert "Email not sent yet." in words(shown)
        assert renew in shown.text
        reader.post(terms, {"answer": "not_needed"})
        assert promise not in words(reader.get(terms))
        shown = client.get(address("list", release))
        assert (
            "No longer needs access, answered at 9:30am on 29 June 2020. We send this person no more emails for this "
            "release date." in words(shown)
        )
        assert "Email not sent yet." not in words(shown)
        assert renew not in shown.text
        for answer in (client.get(renew), client.post(renew, {"version": entry.version})):
            assert answer.status_code == 409
            assert "You cannot send a new link, because this person answered that they no longer need" in words(answer)
        assert not AccessLink.objects.filter(revoked_at__isnull=False).exists()

    def test_a_recipient_without_an_address_cannot_be_asked(self, client, keeper, office, link_page, release):
        granted(release, someone(), by=office.statistician)
        shown = words(client.get(address("list", release)))
        assert shown.count(DO_NOT_SEND) == 2
        assert "Add an email address" in shown

    def test_a_call_is_recorded_as_the_statement_of_staff_and_taken_back(
        self, client, keeper, office, entry, release, clock
    ):
        receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
        page, undo = (address(name, release, entry.pk) for name in ("confirm_by_phone", "take_back_phone"))
        refused = client.get(page)
        assert refused.status_code == 409, "no one is asked yet"
        assert "You cannot record a call for this person now." in words(refused)
        clock(ASKS_AT)
        make_due_links(now=ASKS_AT)
        answer = client.get(page)
        assert "govuk-button--warning" not in answer.text
        shown = words(answer)
        assert f"Call {PERSON}, and read these terms to them:" in shown
        assert "Do not share the statistics" in shown
        assert client.post(page, {"version": entry.version + 1}).status_code == 409
        for _click in range(2):
            shown = words(client.post(page, {"version": entry.version}, follow=True))
        assert "Terms confirmed by phone" in shown
        assert f"{keeper} recorded at 9am on 22 June 2020 that the terms were confirmed by phone." in shown
        assert "Confirmed the terms at" not in shown
        assert DO_NOT_SEND not in shown
        # The page of the recipient does not say that they confirmed.
        recipient = words(Client().get(of(Purpose.TERMS)))
        assert "You confirmed these terms" not in recipient
        assert "I confirm these terms" in recipient
        shown = words(client.post(undo, {"version": entry.version}, follow=True))
        assert DO_NOT_SEND in shown
        assert client.get(address("confirm_by_phone", release, 0)).status_code == 404

    def test_what_is_left_to_do_about_a_list_is_a_task_on_todays_releases(self, client, keeper, office, entry, clock):
        receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
        clock(SEED_DUE - timedelta(days=4, minutes=30))
        shown = words(client.get(reverse("desk")))
        assert "Pre-release access to confirm" in shown
        assert "No one has confirmed that the list is right." in shown
        assert (
            "Do not send: 1 person has not confirmed the terms. Access begins at 9:30am on 29 June 2020. Call them."
            in shown
        )
        clock(SEED_DUE - timedelta(minutes=30))
        assert "Access began at 9:30am on 29 June 2020. Call them." in words(client.get(reverse("desk")))
        client.force_login(office.people[Role.AUDITOR])
        assert "Pre-release access to confirm" not in words(client.get(reverse("desk")))

    def test_the_list_says_when_we_ask(self, client, keeper, office, entry, release):
        receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
        shown = words(client.get(address("list", release)))
        assert "We send the link at 9am on 22 June 2020." in shown
        assert "No one has confirmed that the list is right. Check and confirm it now." in shown

    def test_nothing_of_it_is_shown_where_recipients_are_not_asked(self, client, keeper, entry, release):
        shown = words(client.get(address("list", release)))
        assert DO_NOT_SEND not in shown
        assert "confirmed that the list is right" not in shown

    def test_a_reported_disclosure_is_not_on_the_list(self, client, reader, office, link_page, release):
        reader.post(f"{link_page}disclosure/", {"what": "lost"})
        for role in (Role.STATISTICIAN, Role.CALENDAR_MANAGER):
            client.force_login(office.people[role])
            assert "disclosure" not in words(client.get(address("list", release))).lower()

    def test_the_list_is_confirmed_by_a_button_and_a_changed_one_is_not(
        self, client, keeper, office, link_page, release
    ):
        read = seen_on(client.get(address("list", release)))
        for typed in ({}, {"seen": "nonsense"}, {"posts": "1"}):
            assert client.post(address("confirm_list", release), typed).status_code == 409
        assert not ListConfirmation.objects.exists()
        client.post(address("confirm_list", release), read)
        assert f"{keeper} confirmed at 9:30am on 29 June 2020 that the list is right." in words(
            client.get(address("list", release))
        )

    def test_a_list_with_another_post_than_the_page_showed_is_not_confirmed(
        self, client, keeper, office, link_page, entry, release
    ):
        read = seen_on(client.get(address("list", release)))
        pre_release_access.withdraw_access(entry, by=office.head, at=OPENS, expected_version=entry.version)
        granted(release, someone(), by=office.head, at=OPENS)
        refused = client.post(address("confirm_list", release), read)
        assert refused.status_code == 409
        assert "Another person changed the list. Check it before you try again." in words(refused)
        assert not ListConfirmation.objects.exists()
        client.post(address("confirm_list", release), seen_on(client.get(address("list", release))))
        assert ListConfirmation.objects.get().posts == 1

    def test_a_new_link_is_sent_on_request(self, client, keeper, reader, link_page, entry, release):
        confirm = address("renew_links", release, entry.pk)
        assert "no longer work" in words(client.get(confirm))
        assert reader.get(link_page).status_code == 200
        client.post(confirm, {"version": entry.version})
        assert reader.get(link_page).status_code == 404
        assert client.get(address("renew_links", release, 0)).status_code == 404

    def test_a_lead_turns_it_on_and_off_for_a_producer(self, client, office, keeper):
        path = reverse("releases:ask_recipients", args=[office.producer.slug])
        assert client.get(path).status_code == 404
        client.force_login(office.head)
        shown = words(client.get(path))
        assert "We do not ask recipients." in shown
        assert "If you ask recipients now, we send no emails yet." in shown
        turned_on = words(client.post(path, {"asks": "yes"}, follow=True))
        assert "Requests to recipients turned on. No emails to recipients are due now." in turned_on
        assert "If you ask recipients now" not in turned_on
        assert "You did not make any changes." in words(client.post(path, {"asks": "yes"}, follow=True))
        assert (
            "We ask everyone with an email address on your pre-release access lists to confirm the terms." in turned_on
        )
        assert "Requests to recipients turned off." in words(client.post(path, {"asks": "no"}, follow=True))
        office.producer.refresh_from_db()
        assert not office.producer.asks_recipients

    def test_a_lead_reads_how_many_emails_leave_before_and_after_they_turn_it_on(
        self, client, office, entry, release, clock
    ):
        longer = someone(email="second@example.gov.uk")
        granted(release, longer, by=office.statistician)
        granted(release, someone("Clerk"), by=office.statistician)  # has no email address
        client.force_login(office.head)
        path = reverse("releases:ask_recipients", args=[office.producer.slug])
        clock(ASKS_AT)
        asked = words(client.get(path))
        assert "If you ask recipients now, we send 2 emails immediately, one for each person and" in asked
        assert "already begun" not in asked
        clock(OPENS + timedelta(hours=1))
        shown = words(client.get(path))
        assert "we send 2 emails immediately" in shown
        assert "Emails to people whose access has already begun: 2." in shown
        turned_on = words(client.post(path, {"asks": "yes"}, follow=True))
        assert (
            "We are sending 2 emails to recipients now. Emails to people whose access has already begun: 2."
            in turned_on
        )
        assert make_due_links(now=OPENS + timedelta(hours=1)) == 2

    def test_the_page_that_turns_it_on_leads_back_to_the_list_from_which_it_was_opened(
        self, client, office, keeper, release
    ):
        client.force_login(office.head)
        listed = LexborHTMLParser(client.get(address("list", release)).text)
        (path,) = [
            link.attributes["href"]
            for link in listed.css("main a")
            if link.text(strip=True) == "Ask recipients to confirm"
        ]
        for answer in (client.get(path), client.post(path, {"asks": "yes"}, follow=True)):
            (back,) = LexborHTMLParser(answer.text).css(".govuk-back-link")
            assert back.attributes["href"] == address("list", release)
        other = ReleaseFactory(reference="of-another-producer", series=SeriesFactory(slug="of-another-producer"))
        without = client.get(f"{path.partition('?')[0]}?list={other.reference}")
        assert "govuk-back-link" not in without.text
