"""An early release: its page for the few who may know, and nothing of it for everyone else (decision 73)."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from breaches import dispatches, drafting, editing, layout, publication
from breaches.decisions import approve_report
from breaches.early_releases import Choice, record_decision
from breaches.models import EarlyReleaseDecision, ReportRowRecord, Suspicion
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.rules.public_statement import statement_digest
from breaches.versions import current_version
from releases import scheduling, statements
from releases.early_findings import name_contact
from releases.models import Address, Comparison, IncidentContact, PreflightRun, Release, ReleaseEvent
from releases.models.append_only import AppendOnlyRow, check_chain
from releases.permissions import TABLE, Action
from releases.rules.lifecycle import MoveRefused, Role, Status
from statsoffice import metrics
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import MOST_ATTEMPTS, Channel, Message
from tests.support.early_release import (
    FOUND_AT,
    PAGE_SHA256,
    REFERENCE,
    TITLE,
    URL,
    add_checks,
    create_early_release,
    create_release,
    find_early,
    publish,
    start_early_report,
)
from tests.support.factories import SEED_DUE, ProducerFactory, ReleaseFactory, UserFactory, create_member
from tests.support.people import AT, create_office, move_report, render_text, write_sections
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LISTS = (
    "/desk/",
    "/desk/?large",
    "/desk/?rehearsals=show",
    "/desk/today/",
    "/desk/missing/preflight_problems/",
    "/reports/",
    "/reports/?show=decided",
    "/reports/register/",
    "/reports/register/figures/",
    "/reports/register/pictures/punctuality.csv",
    "/reports/register/pictures/release-delays.csv",
    "/reports/register/pictures/causes.csv",
    "/search/?q=zephyrine",
    "/reports/near-misses/",
    "/messages/",
    "/your-releases/",
    "/planner/2020/",
    "/calendar/2020/6/",
    "/changes.atom",
    "/calendar.ics",
    "/api/v1/releases",
    "/releases/zephyrine-sales/calendar.ics",
    "/api/v1/releases/zephyrine-sales",
    "/admin/releases/release/",
    "/admin/releases/release/?verdict=pending",
    "/admin/releases/release/?verdict=early",
    "/admin/releases/release/?verdict=not-checked",
    "/reports/register/figures/export/csv/?year=2020",
    "/changes/export/csv/",
    "/your-releases/export/csv/",
    "/health/ready",
    "/audit/?kind=decision",
    "/reports/compliance/",
    "/reports/compliance/{producer}/2020/",
    "/reports/compliance/{producer}/2020/lists/due/",
    "/reports/compliance/{producer}/2020/lists/not_determined/",
    "/reports/compliance/{producer}/2020/lists/no_result/",
    "/reports/compliance/{producer}/2020/draft.html",
)
SECRET_OF_A_FORM = re.compile(r'(name="csrfmiddlewaretoken" value|hx-headers)="[^"]*"|nonce="[^"]*"')


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(FOUND_AT + timedelta(minutes=1), tick=False)


@shared_fixture
def early():
    early = create_early_release()
    outbox.create_missing(now=FOUND_AT)
    deliver_messages(now=FOUND_AT)
    return early


# For a commit, one of the two leads reads, one who writes reports, and one of the others; in ./test --all everyone.
SOME = (Role.HEAD_OF_PROFESSION, Role.STATISTICIAN, Role.CALENDAR_MANAGER)
READERS = [pytest.param(SOME, id="some"), pytest.param(tuple(Role), id="everyone", marks=pytest.mark.full)]


def create_staff_office(roles=tuple(Role)):
    """An office whose people may all open the admin site. Only people with these roles read its lists."""
    everyone = create_office()
    office = replace(everyone, people={role: everyone.people[role] for role in roles})
    for person in office.people.values():
        person.is_staff = True
        person.save()
    return office


def read_lists(office, addresses=LISTS):
    """Return every list as each person sees it, without what differs with every request."""
    slug = office.producer.slug
    return {
        (str(role), address): SECRET_OF_A_FORM.sub("", signed_in(person).get(address.format(producer=slug)).text)
        for role, person in office.people.items()
        for address in addresses
    }


def read_lists_of_the_end(office, release, time_machine, *, was_early):
    """Return every list ten minutes after the due time of a release that is not live, and forget what was stored."""
    with transaction.atomic():
        if was_early:
            find_early(office, release)
            outbox.create_missing(now=FOUND_AT)
        add_checks(release, ("not_live", -60), *(("not_live", at) for at in range(0, 125, 5)))
        now = SEED_DUE + timedelta(minutes=10)
        time_machine.move_to(now, tick=False)
        drafting.draft_missing(now=now)
        outbox.create_missing(now=now)
        deliver_messages(now=now)
        lists = read_lists(office)
        lists |= read_lists(office, addresses_of_report(f"breach-{release.reference}"))
        transaction.set_rollback(True)
    return lists


BUNDLE = "evidence bundle"


def read_record(office, release, *, stated_by=None, is_published=False):
    """Return the record of a release in each place that has one, as each person sees it, and forget what was stored."""
    models = ("observation", "verification", "statement", "releaseevent")
    places = [f"/releases/{REFERENCE}/", *(f"/admin/releases/{model}/" for model in models)]
    places.append(f"/admin/releases/release/{release.pk}/history/")
    with transaction.atomic():
        if stated_by is not None:
            state_early(office, release, by=stated_by)
        if is_published:
            add_checks(release, *(("live", at) for at in range(0, 125, 5)))
        record = read_lists(office, places)
        export = reverse("releases:export_evidence", args=[REFERENCE])
        for role in TABLE[Action.EXPORT_EVIDENCE] & office.people.keys():
            record[str(role), BUNDLE] = signed_in(office.people[role]).post(export).getvalue()
        transaction.set_rollback(True)
    return record


def state_early(office, release, *, by=None):
    """A person, by default a lead, states when it was live. No check has found it."""
    live_at = SEED_DUE - timedelta(minutes=20)
    statements.record_live_time(release, live_at=live_at, words="I saw it.", by=by or office.head, at=FOUND_AT)


def measure(*, now):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in metrics.measure(now=now)
        for sample in family.samples
    }


def count_verdicts(*, now):
    measured = measure(now=now).items()
    return {key[1]: value for key, value in measured if key[0] == "statsoffice_verdicts" and value}


def addresses_of_report(reference):
    pages = ("report", "timeline", "history", "technical_details", "check", "actions")
    return (*(reverse(f"breaches:{page}", args=[reference]) for page in pages), f"/reports/{reference}/circumstances/")


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def add_difference(release):
    """An announcement that has differed from our calendar since the evening before."""
    url = "https://www.gov.uk/government/statistics/announcements/zephyrine"
    address = Address.objects.create(
        release=release, url=url, role="announcement", adapter="govuk", required=False, added_at=release.recorded_at
    )
    at = FOUND_AT - timedelta(hours=9)
    Comparison.objects.create(
        address=address, url=url, tried_at=at, read_at=at, missing="not_found", differs=True, told=[["not_found", ""]]
    )


def add_preflight_problem(release):
    at = FOUND_AT - timedelta(hours=17)
    finding = {"code": "no_responsible", "address": None, "facts": {}}
    PreflightRun.objects.create(
        release=release, schedule_version=1, asked_at=at, done_at=at, problems=1, findings=[finding]
    )


def page_of(early):
    return reverse("early_releases:early_release", args=[early.suspicion.pk])


def at_once_page(early):
    return reverse("releases:release_at_once", args=[early.release.reference])


def choose(client, early, choice, seen=0):
    return client.post(page_of(early), {"choice": choice, "seen": seen})


def appoint(early, role=Role.PUBLISHING_TEAM):
    contact = early.office.people[role]
    name_contact(early.office.producer, contact, by=early.office.head, at=FOUND_AT, seen=0)
    return contact


class TestWhoMayKnow:
    def test_leads_and_the_incident_contact_open_the_page_and_for_everyone_else_it_does_not_exist(self, early):
        contact = appoint(early)
        outsider = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory())
        people = [*early.office.people.values(), outsider, UserFactory(is_superuser=True, is_staff=True)]
        allowed = {early.office.head, early.office.deputy, contact}
        for person in people:
            right = 200 if person in allowed else 404
            assert signed_in(person).get(page_of(early)).status_code == right, person
            right = 409 if person in allowed else 404
            assert choose(signed_in(person), early, "take_down", seen=99).status_code == right, person
        assert Client().get(page_of(early)).status_code == 302

    def test_the_list_and_its_link_are_for_them_alone(self, early):
        for person in early.office.people.values():
            leads = person in {early.office.head, early.office.deputy}
            client = signed_in(person)
            assert client.get("/early-releases/").status_code == (200 if leads else 404), person
            assert ("/early-releases/" in client.get("/reports/").text) is leads, person

    def test_the_list_has_what_a_person_reported_and_only_its_readers_get_a_link(self, early):
        office = early.office
        contact = appoint(early)
        release = ReleaseFactory(
            announced=True, series=early.release.series, reference="seen", title="Seen by a person"
        )
        report = start_early_report(office, release)
        address = reverse("early_releases:early_releases")
        link = f'href="{reverse("breaches:report", args=[report.reference])}"'
        pages = {name: signed_in(who).get(address).text for name, who in (("head", office.head), ("contact", contact))}
        assert all(f"Report {report.number}" in words(page) for page in pages.values())
        assert link in pages["head"]
        assert link not in pages["contact"]
        assert "Our checks have not found these releases live." in words(pages["head"])
        Release.objects.filter(pk=release.pk).update(status=Status.PUBLISHED)
        assert str(report.number) not in signed_in(office.head).get(address).text

    def test_a_person_who_started_a_report_finds_it_again_and_nothing_else(self, early):
        office = early.office
        release = ReleaseFactory(
            announced=True, series=early.release.series, reference="seen", title="Seen by a person"
        )
        client, address = signed_in(office.statistician), reverse("early_releases:early_releases")
        report = start_early_report(office, release)
        assert address in client.get(reverse("breaches:report", args=[report.reference])).text
        assert address in client.get("/reports/").text
        page = client.get(address).text
        assert f'href="{reverse("breaches:report", args=[report.reference])}"' in page
        assert TITLE not in page
        assert "Not published yet" not in page
        assert "Incident contacts" not in page
        assert signed_in(office.people[Role.AUDITOR]).get(address).status_code == 404
        Release.objects.filter(pk=release.pk).update(status=Status.PUBLISHED)
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("rehearsal", [False, True])
    def test_a_person_who_starts_a_report_reads_who_is_notified_of_it(self, early, rehearsal):
        release = ReleaseFactory(
            announced=not rehearsal, series=early.release.series, reference="seen", title="Seen", rehearsal=rehearsal
        )
        client = signed_in(early.office.statistician)
        days = {"dates-TOTAL_FORMS": "1", "dates-INITIAL_FORMS": "0"} | {
            f"dates-0-on-{part}": getattr(SEED_DUE, part) for part in ("day", "month", "year")
        }
        started = client.post(
            reverse("breaches:start_about_release", args=[release.reference]),
            {"form_key": str(uuid4()), "kind": "early", **days},
        )
        page = words(client.get(started.url).text)
        assert "Report started." in page
        notified = "We notify the Head of Profession, the deputies and the incident contact at once."
        assert (notified in page) is not rehearsal

    def test_a_person_to_whom_the_report_is_assigned_finds_it(self, early):
        office, report, statistician = early.office, early.report, early.office.statistician
        assert signed_in(statistician).get(reverse("early_releases:early_releases")).status_code == 404
        editing.assign_report(report, person=statistician, by=office.head, at=FOUND_AT)
        page = signed_in(statistician).get(reverse("early_releases:early_releases")).text
        assert f"Report {report.number}" in words(page)
        assert TITLE not in page

    def test_a_long_list_of_published_ones_has_pages_and_those_not_published_are_on_each(self, early, monkeypatch):
        monkeypatch.setattr("statsoffice.early_releases.PER_PAGE", 1)
        for number in range(2):
            over = create_early_release(early.office, reference=f"over-{number}", title=f"Over {number}")
            Release.objects.filter(pk=over.release.pk).update(status=Status.PUBLISHED)
        address = reverse("early_releases:early_releases")
        client = signed_in(early.office.head)
        pages = [client.get(address, {"page": number}).text for number in (1, 2)]
        assert all(TITLE in page for page in pages)
        assert [[f"Over {number}" in page for number in (1, 0)] for page in pages] == [[True, False], [False, True]]
        assert 'href="?page=2"' in pages[0]

    def test_the_list_is_sorted_by_release_or_by_when_each_was_found(self, early, subtests):
        for number, title in enumerate(("beta", "Alpha", "Gamma")):
            one = create_early_release(early.office, reference=f"over-{number}", title=title)
            Suspicion.objects.filter(pk=one.suspicion.pk).update(raised_at=FOUND_AT + timedelta(minutes=number))
            Release.objects.filter(pk=one.release.pk).update(status=Status.PUBLISHED)
        orders = [
            ("", ["Gamma", "Alpha", "beta"], "Found"),
            ("salt", ["Gamma", "Alpha", "beta"], "Found"),
            ("found", ["beta", "Alpha", "Gamma"], "Found"),
            ("release", ["Alpha", "beta", "Gamma"], "Release"),
            ("-release", ["Gamma", "beta", "Alpha"], "Release"),
        ]
        for sort, titles, current in orders:
            with subtests.test(sort):
                page = signed_in(early.office.head).get(reverse("early_releases:early_releases"), {"sort": sort}).text
                assert re.findall(">(Alpha|beta|Gamma)</a>", page) == titles
                assert re.findall(r'aria-current="true"\s+href="[^"]+">(\w+)', page) == [current]

    def test_the_page_links_neither_to_the_release_nor_to_its_own_page(self, early):
        text = signed_in(early.office.head).get(page_of(early)).text
        assert TITLE in text
        assert URL in text
        assert f'href="{URL}"' not in text


class TestDecision:
    def test_both_choices_are_offered_and_neither_is_chosen(self, early):
        text = signed_in(early.office.head).get(page_of(early)).text
        assert 'value="take_down"' in text
        assert 'value="publish_now"' in text
        assert "checked" not in text

    def test_a_decision_is_recorded_with_person_role_time_and_event(self, early):
        assert choose(signed_in(early.office.deputy), early, "take_down").status_code == 302
        row = EarlyReleaseDecision.objects.get()
        assert (row.choice, row.decided_by, row.role) == ("take_down", early.office.deputy, "deputy")
        event = ReleaseEvent.objects.get(kind="early_release_decided")
        assert (event.actor, event.facts["choice"], event.facts["number"]) == (early.office.deputy, "take_down", 1)
        digests = ReportRowRecord.in_order().last().digests
        assert str(row.pk) in digests["breaches.earlyreleasedecision"]
        assert check_chain(ReportRowRecord)[1] is None
        text = words(signed_in(early.office.head).get(page_of(early)).text)
        assert "Take it down" in text
        assert "Deputy Head of Profession" in text

    def test_a_decision_can_be_neither_changed_nor_deleted(self, early):
        row = record_decision(early.suspicion, Choice.TAKE_DOWN, by=early.office.head, at=FOUND_AT, seen=0)
        with pytest.raises(AppendOnlyRow):
            EarlyReleaseDecision.objects.filter(pk=row.pk).update(choice="publish_now")
        with pytest.raises(AppendOnlyRow):
            row.delete()

    def test_who_decides_second_is_shown_what_the_first_decided_and_nothing_is_recorded(self, early):
        choose(signed_in(early.office.head), early, "take_down")
        answer = choose(signed_in(early.office.deputy), early, "publish_now")
        assert answer.status_code == 409
        assert "Another decision has been recorded since you opened the page" in words(answer.text)
        assert str(early.office.head) in answer.text
        assert EarlyReleaseDecision.objects.count() == 1
        again = choose(signed_in(early.office.deputy), early, "publish_now", seen=1)
        assert again.status_code == 302
        assert list(EarlyReleaseDecision.objects.values_list("number", "choice")) == [
            (1, "take_down"),
            (2, "publish_now"),
        ]

    def test_a_second_click_records_nothing_and_shows_no_error(self, early):
        client = signed_in(early.office.head)
        assert choose(client, early, "take_down").status_code == 302
        assert choose(client, early, "take_down").status_code == 302
        assert EarlyReleaseDecision.objects.count() == 1

    def test_without_a_choice_the_page_says_what_to_do(self, early):
        answer = signed_in(early.office.head).post(page_of(early), {"seen": 0})
        assert "Choose what to do about the early release" in answer.text

    def test_the_incident_contact_may_have_it_taken_down_and_not_published(self, early):
        client = signed_in(appoint(early))
        assert 'value="publish_now"' not in client.get(page_of(early)).text
        choose(client, early, "publish_now")
        assert not EarlyReleaseDecision.objects.exists()
        choose(client, early, "take_down")
        assert EarlyReleaseDecision.objects.get().role == "incident_contact"

    def test_to_publish_now_leads_straight_to_the_release_at_once_with_a_reason_that_tells_nothing(self, early):
        client, at_once = signed_in(early.office.head), at_once_page(early)
        answer = choose(client, early, "publish_now")
        assert answer.url == at_once
        page = client.get(at_once)
        assert "So that everyone gets the statistics at the same time." in page.text
        assert "do not write that the release can be found before that time" in words(page.text)
        assert at_once in client.get(page_of(early)).text

    def test_afterwards_the_page_says_what_is_next_until_the_release_is_published(self, early, time_machine):
        client = signed_in(early.office.head)
        choose(client, early, "publish_now")
        now = FOUND_AT + timedelta(minutes=1)
        told = {f"osr_told_on-{part}": value for part, value in (("day", "30"), ("month", "6"), ("year", "2020"))}
        told["osr_told_time"] = "9:11am"
        reason = "So that everyone gets the statistics at the same time."
        given = {"seen_version": 1, "day": "2020-06-30", "planned_at": "9:15am", "reason": reason, **told}
        assert client.post(at_once_page(early), given).status_code == 302
        assert "Publish the release to everyone then." in client.get(page_of(early)).text
        assert at_once_page(early) not in client.get(page_of(early)).text
        time_machine.move_to(now + timedelta(minutes=6), tick=False)
        add_checks(Release.objects.get(), *(("live", at) for at in range(-960, -775, 5)))
        assert reverse("releases:was_live", args=[early.release.reference]) in client.get(page_of(early)).text
        statement = {"live_on-day": "30", "live_on-month": "6", "live_on-year": "2020", "live_time": "9:15:10am"}
        client.post(reverse("releases:was_live", args=[early.release.reference]), statement)
        assert "The release was live at 9:15:10am" in client.get(page_of(early)).text
        address = reverse("releases:release", args=[early.release.reference])
        others = words(signed_in(early.office.statistician).get(address).text)
        assert "For an earlier date" in others
        assert "Sealed until the release is published" not in others
        anyone = Client().get(address).text
        assert reason in anyone
        assert URL in anyone

    def test_the_contact_cannot_publish_and_is_told_who_does(self, early):
        contact = signed_in(appoint(early))
        choose(signed_in(early.office.head), early, "publish_now")
        text = contact.get(page_of(early)).text
        assert at_once_page(early) not in text
        assert "The Head of Profession or a deputy must enter the new release time." in text

    def test_of_a_release_that_was_not_found_early_no_reason_is_suggested(self, early):
        other = ReleaseFactory(announced=True, series=early.release.series, reference="other", title="Other")
        page = signed_in(early.office.head).get(reverse("releases:release_at_once", args=[other.reference]))
        assert "So that everyone gets the statistics" not in page.text
        assert "found early" not in page.text

    def test_after_publication_there_is_nothing_to_decide(self, early):
        publish(early)
        client = signed_in(early.office.head)
        assert 'value="take_down"' not in client.get(page_of(early)).text
        choose(client, early, "take_down")
        assert not EarlyReleaseDecision.objects.exists()


def test_the_page_says_who_was_notified_and_when_and_no_mobile_number(early):
    event = f"early-release-{early.suspicion.pk}"
    by_text = {"channel": Channel.TEXT, "recipient": "07700900123", "subject": "", "text": "Early release"}
    Message.objects.create(event=event, created_at=FOUND_AT, due_at=FOUND_AT, sent_at=FOUND_AT, **by_text)
    text = words(signed_in(early.office.head).get(page_of(early)).text)
    for person in (early.office.head, early.office.deputy):
        assert f"{person.email}: notified at" in text
    assert early.office.statistician.email not in text
    assert "07700900123" not in text


def test_the_page_counts_the_reminders_of_each_person(early):
    for minutes in (15, 30):
        at = FOUND_AT + timedelta(minutes=minutes) if minutes == 15 else SEED_DUE - timedelta(minutes=1)
        outbox.create_missing(now=at)
        deliver_messages(now=at)
    text = words(signed_in(early.office.head).get(page_of(early)).text)
    told = "notified at 9:11am on 30 June 2020 and reminded once, at 9:26am on 30 June 2020"
    assert f"{early.office.deputy.email}: {told}" in text


def test_the_page_says_when_the_contacts_of_the_series_were_notified_of_one_that_is_published(early, time_machine):
    client = signed_in(early.office.head)
    assert "contacts of the series" not in words(client.get(page_of(early)).text)
    publish(early)
    now = SEED_DUE + timedelta(minutes=3)
    time_machine.move_to(now, tick=False)
    text = words(client.get(page_of(early)).text)
    assert (
        "The release was live at 9:10:00am on 30 June 2020. We recorded it as published at 9:32am on 30 June 2020. "
        "Since then, people with a role at your producer can see what we found."
    ) in text
    assert "There is no record that we notified the contacts of the series." in text
    outbox.create_missing(now=now)
    deliver_messages(now=now)
    text = words(client.get(page_of(early)).text)
    assert "We notified the contacts of the series at 9:33am on 30 June 2020 ." in text
    assert "There is no record" not in text


def test_a_notification_that_was_never_written_is_missing_once_the_due_time_has_passed(early, time_machine):
    Message.objects.all().delete()
    client = signed_in(early.office.head)
    assert "We have not notified anyone yet." in words(client.get(page_of(early)).text)
    time_machine.move_to(SEED_DUE, tick=False)
    text = words(client.get(page_of(early)).text)
    assert "There is no record of a notification." in text
    assert "We have not notified anyone yet." not in text


def test_the_page_says_which_notification_could_not_be_delivered(early):
    Message.objects.filter(recipient=early.office.deputy.email).update(sent_at=None, attempts=MOST_ATTEMPTS)
    text = words(signed_in(early.office.head).get(page_of(early)).text)
    assert f"{early.office.deputy.email}: could not be delivered. We will not try again" in text


def test_after_its_due_time_the_page_asks_for_publication_at_once_of_a_release_that_was_taken_down(early, time_machine):
    client = signed_in(early.office.head)
    choose(client, early, "take_down")
    add_checks(early.release, ("not_live", -60))
    assert "Publish it again at the due time." in words(client.get(page_of(early)).text)
    time_machine.move_to(SEED_DUE + timedelta(minutes=3), tick=False)
    add_checks(early.release, *(("not_live", at) for at in range(0, 125, 5)))
    text = words(client.get(page_of(early)).text)
    assert "its release time has passed. Publish it as soon as you can." in text
    assert "Publish it again at the due time." not in text


class TestNoLink:
    """Nobody is offered to open the page of a release that is out early, not even those who may know of it."""

    def test_to_the_page_of_the_release_from_any_page_of_a_lead(self, early):
        client = signed_in(early.office.head)
        report = early.report.reference
        pages = [
            page_of(early),
            "/early-releases/",
            "/desk/",
            "/reports/",
            at_once_page(early),
            *(
                reverse(f"releases:{name}", args=[early.release.reference])
                for name in ("release", "was_live", "change_date")
            ),
            *(reverse(f"breaches:{name}", args=[report]) for name in ("report", "check", "timeline", "approve")),
        ]
        for address in pages:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert f'href="{URL}"' not in answer.text, address

    def test_in_the_printed_draft_and_the_short_concern(self, early):
        for document in (layout.lay_out_draft(early.report), layout.lay_out_short_concern(early.report)):
            lines = [line for row in rows_of(document) for entry in row[1] for line in entry]
            assert URL in {line.text for line in lines}
            assert not any(line.href for line in lines)
        publish(early)
        lines = [line for row in rows_of(layout.lay_out_draft(early.report)) for entry in row[1] for line in entry]
        assert URL in {line.href for line in lines}

    def test_to_a_text_that_a_lead_has_to_identify(self, early):
        release = early.release
        address = release.addresses.get(role="page")
        text = reverse("releases:say", args=[release.reference, address.pk, "0" * 64])
        answer = signed_in(early.office.head).post(text, {})
        assert URL in answer.text
        assert f'href="{URL}"' not in answer.text
        assert "Do not share this web address." in answer.text


def rows_of(document):
    return document.rows if hasattr(document, "rows") else document.sections[0].rows


def test_the_page_opens_the_restricted_draft(early):
    client = signed_in(early.office.head)
    address = reverse("breaches:report", args=[early.report.reference])
    assert address in client.get(page_of(early)).text
    assert client.get(address).status_code == 200
    for role, person in early.others.items():
        assert signed_in(person).get(address).status_code == 404, role


def test_the_page_says_that_the_report_is_being_corrected(early):
    publish(early)
    client, office = signed_in(early.office.head), early.office
    sent = move_report(write_sections(early.report, by=office.statistician), office, ReportStatus.SENT)
    assert "Open the breach report (sent)" in words(client.get(page_of(early)).text)
    dispatches.send_correction(sent, notice="The time was wrong.", by=office.head, at=AT + timedelta(hours=1))
    assert "Open the breach report (draft, being corrected)" in words(client.get(page_of(early)).text)


class TestIncidentContact:
    def test_a_lead_names_one_and_the_history_says_who_did(self, early):
        client, contact = signed_in(early.office.head), early.office.people[Role.AUDITOR]
        address = reverse("early_releases:contact", args=[early.office.producer.slug])
        assert client.post(address, {"seen": 0, "person": contact.pk}).status_code == 302
        row = IncidentContact.objects.get()
        assert (row.person, row.named_by) == (contact, early.office.head)
        assert f"Named by {early.office.head}" in words(client.get(address).text)

    def test_no_one_else_opens_the_page(self, early):
        address = reverse("early_releases:contact", args=[early.office.producer.slug])
        for role, person in early.others.items():
            assert signed_in(person).get(address).status_code == 404, role
            assert signed_in(person).post(address, {"seen": 0, "person": person.pk}).status_code == 404, role
        assert not IncidentContact.objects.exists()

    def test_of_two_people_who_name_one_at_once_the_second_is_told(self, early):
        address = reverse("early_releases:contact", args=[early.office.producer.slug])
        first, second = early.office.people[Role.AUDITOR], early.office.people[Role.STATISTICIAN]
        signed_in(early.office.head).post(address, {"seen": 0, "person": first.pk})
        answer = signed_in(early.office.deputy).post(address, {"seen": 0, "person": second.pk})
        assert answer.status_code == 409
        assert IncidentContact.objects.current().get().person == first

    def test_a_person_without_a_role_is_not_offered_and_not_accepted(self, early):
        address = reverse("early_releases:contact", args=[early.office.producer.slug])
        stranger = UserFactory()
        answer = signed_in(early.office.head).post(address, {"seen": 0, "person": stranger.pk})
        assert answer.status_code == 200
        assert not IncidentContact.objects.exists()


class TestWhatOthersSee:
    @pytest.mark.parametrize(
        ("find", "notified"),
        [(find_early, ("head_of_profession", "deputy")), (state_early, ())],
        ids=["found by checks", "stated by a person"],
    )
    @pytest.mark.parametrize("readers", READERS)
    def test_every_list_is_the_same_for_everyone_as_if_it_had_not_been_found(self, find, notified, readers):
        """Not even those who may know see it there, because lists are on walls and in shared sessions."""
        office = create_staff_office(readers)
        release = create_release(office)
        add_difference(release)
        add_preflight_problem(release)
        before = read_lists(office)
        find(office, release)
        outbox.create_missing(now=FOUND_AT)
        deliver_messages(now=FOUND_AT)
        after = read_lists(office)
        # Their own message, which names nothing.
        differing = {key for key in before if before[key] != after[key]}
        told = {(role, "/messages/") for role in notified if role in readers}
        assert differing == told
        assert TITLE not in "".join(after[key] for key in told)

    @pytest.mark.parametrize("readers", READERS)
    @pytest.mark.parametrize("author", [Role.HEAD_OF_PROFESSION, Role.STATISTICIAN])
    def test_what_only_a_person_stated_is_in_no_record_but_that_of_its_author_and_of_those_who_may_know(
        self, author, readers
    ):
        office = create_staff_office(readers)
        release = create_release(office)
        without = read_record(office, release)
        stated = read_record(office, release, stated_by=office.people[author])
        knowing = {"head_of_profession", "deputy", str(author)} & set(map(str, readers))
        lists = (f"/admin/releases/{name}/" for name in ("statement", "releaseevent", f"release/{release.pk}/history"))
        places = (f"/releases/{REFERENCE}/", *lists, BUNDLE)
        differing = {key for key in without if without[key] != stated[key]}
        assert differing == {(role, place) for role in knowing for place in places}

    def test_what_a_person_stated_is_in_the_record_of_everyone_once_it_is_published(self, time_machine):
        office = create_staff_office()
        release = create_release(office)
        time_machine.move_to(SEED_DUE + timedelta(minutes=10), tick=False)
        record = read_record(office, release, stated_by=office.head, is_published=True)
        for role in map(str, office.people):
            for model, sign in (("statement", "It was live at</a>"), ("releaseevent", "Statement added</a>")):
                assert sign in record[role, f"/admin/releases/{model}/"], role
            assert "I saw it." in record[role, f"/releases/{REFERENCE}/"], role
            assert "I saw it." in record[role, f"/admin/releases/release/{release.pk}/history/"], role
        with ZipFile(BytesIO(record["auditor", BUNDLE])) as bundle:
            assert b"was_live" in bundle.read(f"evidence-{REFERENCE}/statements.jsonl")

    @pytest.mark.parametrize("readers", READERS)
    def test_once_it_was_taken_down_and_not_published_every_list_is_that_of_a_release_not_found_early(
        self, time_machine, readers
    ):
        office = create_staff_office(readers)
        release = create_release(office)
        as_not_live = read_lists_of_the_end(office, release, time_machine, was_early=False)
        as_taken_down = read_lists_of_the_end(office, release, time_machine, was_early=True)
        others = {key for key in as_not_live if key[0] not in ("head_of_profession", "deputy")}
        assert {key for key in others if as_not_live[key] != as_taken_down[key]} == set()
        assert "Not live" in words(as_taken_down["statistician", "/reports/"])
        report = words(as_taken_down["statistician", f"/reports/breach-{release.reference}/"])
        assert "It had still not appeared at 9:32am" in report

    def test_the_admin_page_of_the_suspected_late_release_does_not_name_the_result(self, early):
        add_checks(early.release, ("not_live", -60), *(("not_live", at) for at in range(0, 125, 5)))
        drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
        auditor = early.office.people[Role.AUDITOR]
        type(auditor).objects.filter(pk=auditor.pk).update(is_staff=True)
        late = Suspicion.objects.get(kind=ReportKind.LATE)
        text = words(signed_in(auditor).get(f"/admin/breaches/suspicion/{late.pk}/change/").text)
        assert TITLE in text
        assert f"{TITLE}: early" not in text

    def test_metrics_count_it_as_not_live_once_its_tolerance_has_ended(self, early):
        add_checks(early.release, ("not_live", -60), *(("not_live", at) for at in range(0, 125, 5)))
        assert count_verdicts(now=SEED_DUE + timedelta(minutes=3)) == {"not_seen": 1}

    def test_the_page_of_the_release_shows_a_hash_and_a_status_to_everyone_else(self, early):
        address = reverse("releases:release", args=[early.release.reference])
        for role, person in early.others.items():
            answer = signed_in(person).get(address)
            text = words(answer.text)
            assert f"SHA-256 {PAGE_SHA256}" in text, role
            for sign in ("Early by", "found live", "09:10", "9.10", "9:10", early.report.reference):
                assert sign not in text, (role, sign)
            assert f'href="{URL}"' not in answer.text
        lead = words(signed_in(early.office.head).get(address).text)
        assert "Early by" in lead

    def test_no_link_is_shown_once_it_is_cancelled(self, early):
        scheduling.cancel_release(early.release, reason="Not needed.", by=early.office.head, at=FOUND_AT)
        answer = signed_in(early.office.statistician).get(reverse("releases:release", args=[early.release.reference]))
        assert URL in answer.text
        assert f'href="{URL}"' not in answer.text

    def test_a_page_that_was_live_before_any_check_is_not_linked_until_it_is_published(self, early):
        url = "https://www.example.gov.uk/statistics/always"
        release = ReleaseFactory(announced=True, series=early.release.series, reference="always", url=url)
        add_checks(release, ("live", -1200))
        client = signed_in(early.office.statistician)
        assert f'href="{url}"' not in client.get(reverse("releases:release", args=["always"])).text
        Release.objects.filter(pk=release.pk).update(status=Status.PUBLISHED)
        assert f'href="{url}"' in client.get(reverse("releases:release", args=["always"])).text

    def test_the_admin_list_has_the_same_result_as_its_page_once_the_tolerance_has_ended(self, early):
        add_checks(early.release, ("not_live", -60), *(("not_live", at) for at in range(0, 125, 5)))
        manager = early.office.people[Role.CALENDAR_MANAGER]
        type(manager).objects.filter(pk=manager.pk).update(is_staff=True)
        page = signed_in(manager).get(reverse("releases:release", args=[early.release.reference])).text
        assert "Not live" in words(page)
        for chosen, is_listed in (("not_seen", True), ("pending", False), ("early", False)):
            listed = TITLE in signed_in(manager).get(f"/admin/releases/release/?verdict={chosen}").text
            assert listed == is_listed, chosen

    def test_one_live_check_before_the_due_time_is_hidden_as_well(self, early):
        once = ReleaseFactory(announced=True, series=early.release.series, reference="once", title="Once")
        add_checks(once, ("not_live", -1800), ("live", -1200))
        text = words(signed_in(early.office.statistician).get(reverse("releases:release", args=["once"])).text)
        assert "Sealed until the release is published" in text
        assert "found live" not in text
        assert "has the text that identifies this edition" not in text

    def test_the_evidence_is_not_exported_by_others(self, early):
        address = reverse("releases:export_evidence", args=[early.release.reference])
        assert signed_in(early.office.statistician).post(address).status_code == 404
        assert signed_in(early.office.people[Role.AUDITOR]).post(address).status_code == 404
        answer = signed_in(early.office.head).post(address)
        assert answer.getvalue()
        assert answer.status_code == 200

    def test_admin_pages_show_no_check_verdict_or_event_of_it(self, early):
        statistician = early.office.statistician
        lead = early.office.head
        type(lead).objects.filter(pk__in=[lead.pk, statistician.pk]).update(is_staff=True)
        client = signed_in(statistician)
        for model, sign in (("observation", '">Live</td>'), ("verification", TITLE), ("releaseevent", '">Result: ')):
            assert sign in signed_in(lead).get(f"/admin/releases/{model}/").text, model
            assert sign not in client.get(f"/admin/releases/{model}/").text, model
        reader = early.office.people[Role.AUDITOR]
        type(reader).objects.filter(pk=reader.pk).update(is_staff=True)
        for model in ("suspicion", "report", "reportevent"):
            assert early.report.reference not in signed_in(reader).get(f"/admin/breaches/{model}/").text, model
        assert client.get("/admin/releases/release/").text.count(">Early<") == 1  # a choice of the filter
        history = client.get(f"/admin/releases/release/{early.release.pk}/history/").text
        assert "Early" not in history

    def test_the_audit_trail_of_others_does_not_say_that_a_lead_read_what_was_found(self, early):
        signed_in(early.office.head).get(reverse("releases:kept_body", args=[early.release.reference, PAGE_SHA256]))
        of_auditor = signed_in(early.office.people[Role.AUDITOR]).get("/audit/").text
        assert TITLE not in of_auditor
        assert REFERENCE not in of_auditor
        assert TITLE in signed_in(early.office.deputy).get("/audit/").text

    def test_rows_of_the_admin_site_from_before_the_finding_stay(self):
        office = create_office()
        auditor = office.people[Role.AUDITOR]
        type(auditor).objects.filter(pk=auditor.pk).update(is_staff=True)
        release = create_release(office)
        scheduling.announce_release(release, by=office.head, at=SEED_DUE - timedelta(days=1))
        client = signed_in(auditor)
        lists = [f"/admin/releases/{model}/" for model in ("observation", "verification", "releaseevent", "statement")]

        def rows():
            return [re.findall(r"<tr><.*?</tr>", client.get(address).text, re.DOTALL) for address in lists]

        before = rows()
        find_early(office, release)
        assert rows() == before
        history = client.get(f"/admin/releases/release/{release.pk}/history/").text
        assert "judged" not in history.lower()

    def test_the_reference_of_another_report_does_not_show_that_there_is_one(self, early):
        about = drafting.ReportSubject(early.office.producer, release=Release.objects.get())
        report, _new = drafting.start_report(
            about,
            kind=ReportKind.LATE,
            occurred_on=[SEED_DUE.date()],
            by=early.office.statistician,
            at=FOUND_AT,
            form_key=uuid4(),
        )
        assert report.reference == f"breach-{early.release.reference}"
        assert "9:1" not in str(current_version(report).content)

    def test_the_audit_trail_does_not_show_that_a_lead_printed_the_report(self, early):
        head, auditor = signed_in(early.office.head), signed_in(early.office.people[Role.AUDITOR])
        for name in ("draft_pdf", "concern_pdf", "statement_html", "statement_text"):
            head.get(reverse(f"breaches:{name}", args=[early.report.reference]))
        text = auditor.get("/audit/").text
        assert early.report.reference not in text
        assert early.report.number not in text

    def test_the_commands_and_the_metrics_say_nothing(self, early, capsys):
        call_command("release_status", early.release.reference)
        call_command("breach_reports")
        said = capsys.readouterr().out
        assert "early" not in said
        assert early.report.reference not in said
        measured = measure(now=FOUND_AT)
        assert count_verdicts(now=FOUND_AT) == {"pending": 1}
        # One check that did not find it and two that did, which are counted alike.
        looks = {name: measured["statsoffice_looks_total", name] for name in ("live", "not_live", "before_due")}
        assert looks == {"live": 0, "not_live": 0, "before_due": 3}

    def test_after_publication_everyone_with_a_role_sees_it_again(self, early, time_machine):
        time_machine.move_to(SEED_DUE + timedelta(minutes=10), tick=False)
        publish(early)
        client = signed_in(early.office.statistician)
        assert "Early by" in words(client.get(reverse("releases:release", args=[early.release.reference])).text)
        assert client.get(reverse("breaches:report", args=[early.report.reference])).status_code == 200
        assert early.report.reference in client.get("/reports/").text


def test_no_statement_about_the_report_is_public_before_the_release(early, settings):
    settings.BREACHES_PUBLIC = True
    report = write_sections(early.report, by=early.office.head, at=FOUND_AT)
    approve_report(report, by=early.office.head, at=FOUND_AT, render=render_text)
    report.refresh_from_db()
    assert not publication.may_be_published(report)
    seen = statement_digest(publication.preview_statement(report, now=FOUND_AT))
    with pytest.raises(MoveRefused, match="not published yet"):
        publication.publish_statement(report, seen=seen, by=early.office.head, at=FOUND_AT)
    publish(early)
    assert publication.may_be_published(report)
