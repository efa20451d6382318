"""The dashboard reads no list whose rows do not exist, and shows every list whose rows exist."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from breaches import dispatches, drafting
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import cover, exemptions, judge, open_files, receipts, scheduling, statements, tasks
from releases.cover import CoverPerson
from releases.detection import govuk
from releases.detection.govuk import AnnouncedTime, Announcement, AnnouncementState
from releases.detection.open_files import Result, Sign, Target
from releases.models import Comparison, Exemption, OpenFileCheck, OpenFileFinding, Release, RotaEntry, Statement
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Role
from statsoffice.accounts.invitations import invite
from statsoffice.accounts.models import User
from statsoffice.dashboard.existing_rows import ExistingRows, find_existing_rows
from statsoffice.dashboard.tasks import tasks_of
from statsoffice.dashboard.today import today
from statsoffice.webhooks.deliveries import turn_off
from statsoffice.webhooks.models import OffReason
from tests.pages.statsoffice.dashboard.morning import AFTER, BEFORE
from tests.support import early_release
from tests.support.api_tokens import issue
from tests.support.briefs import BRIEFED, LIMIT, make_brief
from tests.support.date_requests import request_date
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observation, create_observations
from tests.support.people import REGULATOR, create_office, create_report
from tests.support.pre_release_lists import LONG_BEFORE, SHORTLY_BEFORE, asked, granted
from tests.support.preflight import announce_at
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture
from tests.support.webhooks import create_webhook

pytestmark = pytest.mark.django_db

DESK = reverse("desk")
NEXT_WEEK, IN_NINE_WEEKS = SEED_DUE + timedelta(days=7), SEED_DUE + timedelta(days=63)
SECOND = timedelta(seconds=1)
NOTHING = ExistingRows(**{field.name: False for field in fields(ExistingRows)})
EVERYTHING = ExistingRows(**{field.name: True for field in fields(ExistingRows)})


@shared_fixture
def office():
    return create_office()


def due(office, reference, *, at=SEED_DUE, **columns):
    series = SeriesFactory(producer=office.producer)
    return ReleaseFactory(**{"announced": True, "reference": reference, "due_at": at, "series": series} | columns)


def ask_for_access(office):
    asked(due(office, "asked-for"), by=office.statistician, at=SHORTLY_BEFORE)


def differ_from_announcement(office):
    release, url = due(office, "announced-otherwise", at=NEXT_WEEK), "https://www.gov.uk/announced-otherwise"
    announce_at(release, url, adapter="govuk")
    theirs = AnnouncedTime(at=NEXT_WEEK + timedelta(days=1))
    said = Announcement(release.title, AnnouncementState.CONFIRMED, theirs, displayed="8 July 2020 9:30am")
    Comparison.objects.create(
        address=release.addresses.get(role="announcement"),
        url=url,
        tried_at=LONG_BEFORE,
        read_at=LONG_BEFORE,
        said=govuk.announced_to_json(said),
        differs=True,
    )


def issue_token(office):
    issue(office, at=AFTER, days=14)


def ask_recipients(office):
    granted(due(office, "with-recipients", at=NEXT_WEEK), by=office.statistician)
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)


def brief_people(office):
    release = due(office, "briefed")
    create_observations(release, "not_live", start=LIMIT)
    judge.judge_one(release, now=BRIEFED)
    make_brief()


def name_cover(office):
    first, last = date(2020, 6, 30), date(2020, 7, 10)
    people = [CoverPerson(office.statistician, first, last)]
    cover.name_cover(
        office.producer, office.head, first=first, last=last, people=people, by=office.head, at=LONG_BEFORE
    )


def ask_for_date(office):
    request_date(due(office, "to-move", at=NEXT_WEEK), by=office.people[Role.CALENDAR_MANAGER])


def draft_report(office, reference="late"):
    find_late(due(office, reference))
    drafting.draft_missing(now=AFTER)


def find_late(release):
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=AFTER)


def record_exemption(office):
    release = due(office, "exempted")
    exemption = Exemption(
        producer=office.producer,
        series=release.series,
        reference="OSR 2020/17",
        approved_on=date(2020, 6, 19),
        covers_from=date(2020, 6, 30),
        covers_to=date(2020, 7, 3),
        covers_late=True,
        words="Later.",
    )
    exemptions.record_exemption(exemption, by=office.head, at=LONG_BEFORE)
    find_late(release)


def invite_head(office):
    head, deputy = office.head, office.people[Role.DEPUTY]
    EmailAddress.objects.create(user=head, email=head.email, verified=True, primary=True)
    invite(email=head.email, name=head.name, producer=office.producer, role=Role.STATISTICIAN, by=deputy, at=AFTER)


def leave_provisional(office):
    due(office, "provisional", at=SEED_DUE - timedelta(days=1), announced=False)


def stop_webhook(office):
    webhook, _secret = create_webhook(office)
    turn_off(webhook, OffReason.FAILING, at=LONG_BEFORE)


def find_open_file(office):
    series = SeriesFactory(producer=office.producer)
    dummy_file = open_files.make_dummy_file(series, by=office.head, at=LONG_BEFORE)
    url = f"https://www.example.gov.uk/{dummy_file.name}.csv"
    check = OpenFileCheck.objects.create(
        dummy_file=dummy_file, file_url=url, requested_by=office.head, requested_at=LONG_BEFORE
    )
    OpenFileFinding.objects.create(
        request=check,
        target=Target.FILE,
        url=url,
        result=Result.OPEN,
        sign=Sign.TOKEN,
        status=200,
        recorded_at=LONG_BEFORE,
    )


def add_to_rota(office):
    release = due(office, "with-rota")
    RotaEntry.objects.create(series=release.series, contact=ContactFactory(producer=office.producer, name="Rhona Rota"))


def answer_question(office):
    release = due(office, "answered")
    page = release.addresses.get()
    create_observation(page, "unrecognised", at=SEED_DUE - timedelta(hours=1), text="Another text")
    (question,) = statements.find_open_questions([release])
    statements.record_text_statement(
        release, page, Statement.Kind.NOT_IT, text_digest=question.text_digest, by=office.statistician, at=BEFORE
    )


def submit_report(office):
    draft_report(office, "submitted")
    Report.objects.filter(suspicions__release__reference="submitted").update(status=ReportStatus.WITH_HOP)


def approve_report(office):
    draft_report(office, "approved")
    approved = Report.objects.filter(suspicions__release__reference="approved")
    approved.update(status=ReportStatus.APPROVED, decided_at=AFTER)


def fail_to_send_report(office):
    report = create_report(office, ReportStatus.APPROVED, reference="breach-not-delivered")
    dispatches.send_report(report, recipient=REGULATOR, by=office.head, at=AFTER)
    dispatches.record_failure(report.dispatches.get(), at=AFTER)


def withdraw_report(office):
    report = create_report(office, ReportStatus.APPROVED, reference="breach-sent-by-post")
    sent = dispatches.record_sent_outside(report, recipient="OSR", sent_on=AFTER.date(), by=office.head, at=AFTER)
    dispatches.send_withdrawal(sent, notice="It was on time.", by=office.head, at=AFTER)


def add_task(office):
    tasks.add_task(SeriesFactory(producer=office.producer), text="Check the title", by=office.head, at=LONG_BEFORE)


def find_early(office):
    early_release.create_early_release(office)


def start_early_report(office):
    early_release.start_early_report(office, due(office, "seen-early"))


def doubt_verdict(office):
    release = due(office, "unsure")
    create_observation(release.addresses.get(), "unreachable", at=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=AFTER)
    return Release.objects.get(pk=release.pk)


def doubt_verdict_of_moved_release(office):
    release = doubt_verdict(office)
    scheduling.change_date(release, to=slot_at(IN_NINE_WEEKS), reason="Late data", by=office.head, at=AFTER)


# For each kind: how its rows are made, and the words that the page has with them, or without them after "not".
KINDS = [
    ("access_requests", ask_for_access, "Pre-release access awaiting your decision"),
    ("announcement_differences", differ_from_announcement, "Different on GOV.UK"),
    ("api_tokens", issue_token, "API tokens that expire soon"),
    ("asking_producers", ask_recipients, "Pre-release access to confirm"),
    ("briefs", brief_people, "Minute brief Brief for 9:30am"),
    ("covers", name_cover, "is covering for you until 10 July 2020."),
    ("date_requests", ask_for_date, "1 date change needs your decision"),
    ("drafts", draft_report, "Reports to complete"),
    ("exemptions", record_exemption, "Covered by exemption OSR 2020/17"),
    ("invitations", invite_head, "has invited you to join"),
    ("left_provisional", leave_provisional, "Provisional dates in the past"),
    ("open_files", find_open_file, "Unpublished files"),
    ("reports_to_send", approve_report, "Approved reports to send"),
    ("reports_to_send", fail_to_send_report, "Approved reports to send"),
    ("rotas", add_to_rota, "Call Rhona Rota"),
    ("statements", answer_question, "not Releases to check"),
    ("stopped_webhooks", stop_webhook, "Webhooks that we turned off"),
    ("submitted_reports", submit_report, "Reports awaiting your decision"),
    ("tasks", add_task, "Tasks for releases Check the title"),
    ("unlisted_reports", find_early, "not Reports to complete"),
    ("unlisted_reports", start_early_report, "not Reports to complete"),
    ("unsent_notices", withdraw_report, "Notices to send yourself"),
    ("unsure_verdicts", doubt_verdict, "Releases to check"),
    ("unsure_verdicts", doubt_verdict_of_moved_release, "Releases to check"),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("kind", "make", "expected"), KINDS, ids=[make.__name__ for _, make, _ in KINDS])
def test_each_kind_of_row_is_found_and_its_list_is_shown(client, clock, office, kind, make, expected):
    clock(AFTER)
    due(office, "of-today")
    client.force_login(office.head)
    assert find_existing_rows(office.head, now=AFTER) == NOTHING
    assert "You have no tasks." in words(client.get(DESK).text)
    make(office)
    assert getattr(find_existing_rows(office.head, now=AFTER), kind)
    page = words(client.get(DESK).text)
    if expected.startswith("not "):
        assert expected.removeprefix("not ") not in page
    else:
        assert expected in page


def test_each_kind_is_tested():
    assert {kind for kind, _, _ in KINDS} == {field.name for field in fields(ExistingRows)}


def test_a_person_without_an_account_has_no_lists(office):
    find_open_file(office)
    assert find_existing_rows(AnonymousUser(), now=AFTER) == NOTHING
    assert today(AnonymousUser(), now=AFTER).existing == NOTHING
    assert find_existing_rows(User(pk=0), now=AFTER) == NOTHING


DAY = timedelta(days=1)
# Midnight in London on the day of the releases, the end of this day, and the times at which other periods end.
EDGES = [
    datetime(2020, 6, 29, 23, tzinfo=UTC),
    SEED_DUE - DAY,
    SEED_DUE,
    datetime(2020, 6, 30, 23, tzinfo=UTC),
    datetime(2020, 7, 10, 23, tzinfo=UTC),
    SEED_DUE + 7 * DAY,
    SEED_DUE + 14 * DAY,
    datetime(2020, 7, 14, 23, tzinfo=UTC),
    IN_NINE_WEEKS - DAY,
    IN_NINE_WEEKS + 14 * DAY,
]


def test_no_task_is_missing_at_any_time_because_its_list_is_not_read(office):
    for make in (make for _, make, _ in KINDS if make is not doubt_verdict):
        make(office)
    for now in (edge + by for edge in EDGES for by in (-SECOND, 0 * SECOND, SECOND)):
        day = today(office.head, now=now)
        everything = replace(day, existing=EVERYTHING)
        assert tasks_of(office.head, day, now=now) == tasks_of(office.head, everything, now=now), now


@pytest.mark.parametrize(
    ("now", "exists"),
    [
        (datetime(2020, 6, 29, 23, tzinfo=UTC) - SECOND, False),
        (datetime(2020, 6, 29, 23, tzinfo=UTC), True),
        (datetime(2020, 7, 10, 23, tzinfo=UTC) - SECOND, True),
        (datetime(2020, 7, 10, 23, tzinfo=UTC), False),
    ],
    ids=["the day before", "the first day", "the last day", "the day after"],
)
def test_a_cover_exists_from_its_first_day_to_its_last_day_in_london(office, now, exists):
    name_cover(office)
    assert find_existing_rows(office.head, now=now).covers == exists


def test_a_statement_about_the_last_release_of_a_day_with_25_hours_is_found_from_midnight(office):
    evening = datetime(2020, 10, 25, 23, 30, tzinfo=UTC)
    release = due(office, "evening", at=evening, announced=False, confirmed=True, rehearsal=True)
    release.statements.create(
        kind="was_live", schedule_version=1, live_at=AFTER, stated_by=office.head, stated_at=AFTER
    )
    midnight = datetime(2020, 10, 24, 23, tzinfo=UTC)
    assert [line.release for line in today(office.head, now=midnight, rehearsals=True).lines] == [release]
    assert find_existing_rows(office.head, now=midnight).statements
    assert not find_existing_rows(office.head, now=midnight - SECOND).statements
