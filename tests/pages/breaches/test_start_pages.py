"""The pages on which a report is started by hand: what they ask, who gets there, and a form that is sent twice."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from breaches.drafting import ReportSubject
from breaches.models import Report, StartedReport
from breaches.rules.lifecycle import ReportKind
from breaches.versions import content_of
from releases.rules.lifecycle import Role
from tests.integration.breaches.drafting.test_manual_start import AFTERWARDS, THAT_DAY, WRITERS, started
from tests.support.factories import SEED_DUE, ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory, rolled_back
from tests.support.people import create_office
from tests.support.report_forms import words
from tests.support.report_mornings import LIVE, NOT_LIVE, NOT_SEEN_MORNING, create_draft, record_checks

pytestmark = pytest.mark.django_db


@pytest.fixture
def afterwards(time_machine):
    time_machine.move_to(AFTERWARDS, tick=False)


def typed(key=None, *, kind="wrong_content", days=("30",), **more):
    """What a person sends."""
    rows = {"dates-TOTAL_FORMS": str(len(days)), "dates-INITIAL_FORMS": "0"}
    for number, day in enumerate(days):
        month = "6" if day else ""
        year = "2020" if day else ""
        rows |= {f"dates-{number}-on-day": day, f"dates-{number}-on-month": month, f"dates-{number}-on-year": year}
    return {"form_key": str(key or uuid4()), "kind": kind, **rows, **more}


def addresses(release):
    series = release.series
    return {
        "release": reverse("breaches:start_about_release", args=[release.reference]),
        "series": reverse("breaches:start_about_series", args=[series.producer.slug, series.slug]),
        "nothing": reverse("breaches:start"),
    }


@pytest.mark.parametrize("thing", ["release", "series", "nothing"])
def test_each_page_starts_a_report_and_leads_to_it(client, office, release, afterwards, thing):
    client.force_login(office.statistician)
    address = addresses(release)[thing]
    form = client.get(address).context["form"]
    more = {"about": office.producer.slug} if thing == "nothing" else {}
    response = client.post(address, typed(form["form_key"].value(), days=("30", "29"), **more))
    page = words(client.get(response.url).text)
    for part in ("Report started.", "Started by Statistician as ‘wrong content’", "Draft"):
        assert part in page
    started_from = StartedReport.objects.get()
    assert started_from.release == (release if thing == "release" else None)
    assert started_from.series == (release.series if thing == "series" else None)
    assert content_of(started_from.report).occurred_on == (date(2020, 6, 29), THAT_DAY)


@pytest.mark.parametrize(
    ("announced_before", "offered"),
    [(timedelta(days=40), "late_announcement"), (timedelta(hours=-1), "not_announced"), (None, "not_announced")],
    ids=["in advance", "afterwards", "never"],
)
def test_a_release_that_was_announced_in_advance_is_not_offered_as_not_announced(
    client, office, release, afterwards, announced_before, offered
):
    announced_at = None if announced_before is None else release.due_at - announced_before
    type(release).objects.filter(pk=release.pk).update(announced_at=announced_at)
    client.force_login(office.statistician)
    both = {"late_announcement", "not_announced"}
    address = addresses(release)["release"]
    assert {kind for kind in both if f'value="{kind}"' in client.get(address).text} == {offered}
    (other,) = both - {offered}
    assert client.post(address, typed(kind=other)).status_code == 200
    assert client.post(address, typed(kind=offered)).status_code == 302


@pytest.mark.parametrize("thing", ["series", "nothing"])
def test_without_a_release_both_kinds_about_announcements_are_offered(client, office, release, afterwards, thing):
    client.force_login(office.statistician)
    page = client.get(addresses(release)[thing]).text
    assert 'value="late_announcement"' in page
    assert 'value="not_announced"' in page


def test_from_nothing_a_series_can_be_chosen_as_well(client, office, release, afterwards):
    client.force_login(office.statistician)
    about = f"{office.producer.slug}/{release.series.slug}"
    client.post(reverse("breaches:start"), typed(about=about))
    assert StartedReport.objects.get().series == release.series


def test_from_nothing_a_release_due_near_today_can_be_chosen_and_the_report_has_its_due_time(
    client, office, release, afterwards, time_machine
):
    client.force_login(office.statistician)
    offer = f"{release.title}, due 30 June 2020 9:30am"
    about = f"release:{release.reference}"
    start = reverse("breaches:start")
    client.post(start, typed(about=about, kind="leak", days=("29",)))
    started_from = StartedReport.objects.get()
    assert (started_from.release, started_from.series) == (release, None)
    for days, is_offered in ((-15, False), (-13, True), (13, True), (15, False)):
        time_machine.move_to(SEED_DUE + timedelta(days=days), tick=False)
        client.force_login(office.statistician)
        assert (offer in words(client.get(start).text)) is is_offered


def test_a_chosen_release_is_no_rehearsal_and_belongs_to_an_own_producer(client, office, release, afterwards):
    ReleaseFactory(reference="others", confirmed=True)
    ReleaseFactory(reference="rehearsed", confirmed=True, series=release.series, rehearsal=True)
    client.force_login(office.statistician)
    page = client.get(reverse("breaches:start")).text
    assert re.findall(r'value="release:(.*?)"', page) == [release.reference]


def test_a_kind_that_does_not_fit_the_chosen_release_is_refused(client, office, release, afterwards):
    type(release).objects.filter(pk=release.pk).update(announced_at=release.due_at - timedelta(days=40))
    client.force_login(office.statistician)
    about = f"release:{release.reference}"
    answer = client.post(reverse("breaches:start"), typed(about=about, kind="not_announced"))
    sentence = "‘Not announced’ does not fit this release. Select ‘Announcement late or missing’ instead."
    assert sentence in words(answer.text)
    assert not Report.objects.exists()


def test_the_list_and_the_release_lead_those_who_write_reports_to_the_pages(client, office, release, afterwards):
    page = reverse("releases:release", args=[release.reference])
    for role, person in office.people.items():
        client.force_login(person)
        assert (addresses(release)["nothing"] in client.get(reverse("breaches:report_list")).text) is (role in WRITERS)
        assert (addresses(release)["release"] in client.get(page).text) is (role in WRITERS)


@pytest.mark.parametrize("who", [*Role, "another producer's head", "no role", "superuser"])
def test_the_pages_are_there_for_the_roles_that_write_reports_alone(client, office, release, afterwards, who, subtests):
    strangers = {
        "another producer's head": lambda: create_office().head,
        "no role": UserFactory,
        "superuser": lambda: UserFactory(is_superuser=True, is_staff=True),
    }
    client.force_login(strangers[who]() if who in strangers else office.people[who])
    allowed = who in WRITERS
    for thing, address in addresses(release).items():
        with subtests.test(thing), rolled_back():
            # The head of another producer has a page to start from nothing, where this producer cannot be chosen.
            there = allowed or (who == "another producer's head" and thing == "nothing")
            assert client.get(address).status_code == (200 if there else 404)
            answer = client.post(address, typed(about=office.producer.slug))
            assert answer.status_code == (302 if allowed else 200 if there else 404)
            assert Report.objects.exists() is allowed


def test_who_has_not_signed_in_is_asked_to(client, release):
    for address in addresses(release).values():
        for answer in (client.get(address), client.post(address, typed())):
            assert answer.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "odd"}, "kind"),
        ({"days": ("",)}, "on"),
        ({"days": ("31",)}, "on"),
    ],
    ids=["no kind", "no known kind", "no day", "no real day"],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_started(client, office, release, afterwards, sent, field):
    client.force_login(office.statistician)
    answer = client.post(addresses(release)["release"], typed(**sent))
    form = answer.context["form"]
    assert field in {*form.errors, *form.rows.errors[0]}
    assert "There is a problem" in answer.text
    assert not Report.objects.exists()


def test_a_day_that_is_still_to_come_is_refused_at_its_row(client, office, release, afterwards, time_machine):
    time_machine.move_to(SEED_DUE - timedelta(days=1), tick=False)
    client.force_login(office.statistician)
    answer = client.post(addresses(release)["release"], typed())
    assert "in the future" in str(answer.context["form"].rows.errors)
    assert not Report.objects.exists()


def test_another_day_is_asked_for_without_a_script_and_keeps_what_was_typed(client, office, release, afterwards):
    client.force_login(office.statistician)
    key = uuid4()
    answer = client.post(addresses(release)["release"], typed(key, add="row"))
    assert "dates-1-on-day" in answer.text
    assert f'value="{key}"' in answer.text
    assert not Report.objects.exists()


def test_sent_twice_the_form_leads_to_one_report(client, office, release, afterwards):
    client.force_login(office.statistician)
    sent = typed()
    first, second = (client.post(addresses(release)["release"], sent) for _ in range(2))
    assert first.url == second.url
    assert "You have already started this report" in words(client.get(second.url).text)


def test_reports_that_are_open_about_the_release_are_named_beforehand(client, office, afterwards):
    report = create_draft(producer=office.producer)
    release = report.suspicions.get().release
    client.force_login(office.statistician)
    assert report.number in client.get(addresses(release)["release"]).text


def test_desk_and_lists_name_a_report_without_a_release(client, office, series, afterwards):
    started(ReportSubject(office.producer), by=office.head)
    started(ReportSubject(office.producer, series=series), by=office.head)
    client.force_login(office.head)
    desk = words(client.get(reverse("desk")).text)
    for part in ("BR-2020-001", series.title, "wrong content"):
        assert part in desk
    assert "Wrong content 30 June 2020" in words(client.get(reverse("breaches:report_list")).text)


def test_the_choices_are_the_persons_own_producers(client, office, release, afterwards):
    SeriesFactory(producer=ProducerFactory(name="Somebody else"), title="Not theirs")
    client.force_login(office.statistician)
    page = client.get(reverse("breaches:start")).text
    assert release.series.title in page
    assert "Not theirs" not in page


def test_a_report_that_the_record_drafted_is_not_marked_as_started(client, office, draft_report):
    client.force_login(office.head)
    assert "started by" not in words(client.get(reverse("breaches:report", args=[draft_report.reference])).text)


def hidden_fields(page):
    """The hidden fields of the form that starts a report about a release, or none where there is no such form."""
    form = re.search(r'<form method="post"\s+action="/reports/start/release/[^>]*>(.*?)</form>', page, re.DOTALL)
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[1])) if form else {}


def page_of(release):
    return reverse("releases:release", args=[release.reference])


def test_one_button_starts_a_report_about_a_release_that_needs_checking_with_what_is_known(
    client, office, release, afterwards
):
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:40", NOT_LIVE))
    client.force_login(office.statistician)
    offer = client.get(page_of(release)).text
    assert "The report uses the 2018 to 2021 form." in words(offer)
    response = client.post(addresses(release)["release"], hidden_fields(offer))
    report = Report.objects.get()
    assert response.url == reverse("breaches:report", args=[report.reference])
    assert report.kind == "late"
    content = content_of(report)
    assert content.occurred_on == (THAT_DAY,)
    assert "did not find it at 9:40am." in content.circumstances
    assert "gave no result between 9:30am and 9:40am" in content.circumstances
    assert report.machine["circumstances"] == content.circumstances
    page = client.get(page_of(release)).text
    assert not hidden_fields(page)
    assert addresses(release)["release"] in page


@pytest.mark.parametrize(
    "seen", [NOT_SEEN_MORNING, (("09:29:55", NOT_LIVE), ("09:30", LIVE))], ids=["not seen", "on time"]
)
def test_the_button_is_for_releases_of_which_the_record_cannot_tell(client, office, release, afterwards, seen):
    record_checks(release, *seen)
    client.force_login(office.statistician)
    assert not hidden_fields(client.get(page_of(release)).text)


def test_the_button_is_for_those_who_write_reports(client, office, release, afterwards):
    record_checks(release, ("09:40", NOT_LIVE))
    for role, person in office.people.items():
        client.force_login(person)
        page = client.get(page_of(release)).text
        assert bool(hidden_fields(page)) is (role in WRITERS)
        assert ("The report uses the 2018 to 2021 form." in page) is (role in WRITERS)


def test_of_another_kind_the_report_has_no_account_of_the_checks(office, release):
    record_checks(release, ("09:40", NOT_LIVE))
    about = ReportSubject(office.producer, release=release)
    assert content_of(started(about, by=office.statistician, kind=ReportKind.WRONG_CONTENT)[0]).circumstances == ""
    assert "9:40am" in content_of(started(about, by=office.statistician, kind=ReportKind.LATE)[0]).circumstances
