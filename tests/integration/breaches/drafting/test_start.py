"""A report started by hand about a pre-release access list: its facts, who may start it, and that there is one."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from breaches import drafting
from breaches.decisions import dismiss_report
from breaches.facts import releases_with_needed_evidence, releases_with_needed_names
from breaches.layout import lay_out_draft
from breaches.models import Report, ReportEvent, StartedReport
from breaches.permissions import Action, reports_where
from breaches.rules.content import content_from_json
from breaches.rules.document import ACCESS_PROMPT
from breaches.versions import content_of, current_version
from releases import pre_release_access, scheduling
from releases.permissions import NotYours
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import FieldRefused, Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import create_office
from tests.support.pre_release_lists import AFTERWARDS, EMAIL, MINISTER, PERSON, SHORTLY_BEFORE, asked, granted, someone
from tests.support.pre_release_pages import address as list_address
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

THE_DAY_BEFORE = date(2020, 6, 29)
WRITERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@shared_fixture
def release(office):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    return release


def started(release, *, by, occurred_on=THE_DAY_BEFORE, at=AFTERWARDS):
    return drafting.start_about_list(release, occurred_on=occurred_on, by=by, at=at)


def address(release):
    return reverse("breaches:start_pra", args=[release.reference])


DAY = {"occurred_on-day": "29", "occurred_on-month": "6", "occurred_on-year": "2020"}


def test_the_draft_holds_what_the_list_holds_and_prompts_for_the_rest(office, release):
    report = started(release, by=office.statistician)[0]
    content = content_of(report)
    assert (report.kind, report.status) == ("pra", "draft")
    assert re.fullmatch(r"breach-pra-schools-march-2020-[0-9a-f]{8}", report.reference)
    assert [output.title for output in content.outputs] == [release.title]
    assert content.producers == (office.producer.name,)
    assert (content.dealing.name, content.dealing.email) == (office.statistician.name, office.statistician.email)
    assert content.occurred_on == (THE_DAY_BEFORE,)
    assert f"{MINISTER.post}, {MINISTER.organisation}: 24 hours, from 9:30am on 29 June 2020" in content.circumstances
    assert (content.impact, content.corrective_actions, content.report_date) == ("", "", None)
    sections = lay_out_draft(report).sections
    assert sections[1].prompt == ACCESS_PROMPT
    assert all(section.prompt for section in sections[2:])


def test_recorded_times_and_what_waits_are_in_the_facts(office, release):
    entry = release.pre_release_access.get()
    pre_release_access.record_begin(
        entry,
        began_at=SEED_DUE - timedelta(hours=25),
        by=office.statistician,
        at=SHORTLY_BEFORE,
        expected_version=1,
    )
    asked(release, someone("Press officer"), by=office.statistician)
    told = content_of(started(release, by=office.head)[0]).circumstances
    began = "According to the record, access began at 8:30am on 29 June 2020. Access began before the access period."
    assert began in told
    assert "to grant access to Press officer" in told


def test_access_in_the_period_of_an_earlier_date_did_not_begin_before_it(office, release):
    begins_at = SEED_DUE - timedelta(hours=24)
    pre_release_access.record_begin(
        release.pre_release_access.get(),
        began_at=begins_at,
        by=office.statistician,
        at=SHORTLY_BEFORE,
        expected_version=1,
    )
    to, at = slot_at(SEED_DUE + timedelta(days=3)), SEED_DUE - timedelta(minutes=30)
    scheduling.change_date(release, to=to, reason="Late data.", by=office.head, at=at)
    told = content_of(started(release, by=office.head)[0]).circumstances
    assert "24 hours, from 9:30am on 2 July 2020.\n" in told
    assert told.endswith(
        "According to the record, access began at 9:30am on 29 June 2020. Before the release was rescheduled, the "
        "access period began at 9:30am on 29 June 2020."
    )


def test_no_name_and_no_address_of_a_person_on_the_list_is_in_any_part_of_the_report(office, release):
    report = started(release, by=office.statistician)[0]
    kept = [report.machine, current_version(report).content, current_version(report).machine]
    kept += [event.facts for event in report.events.all()]
    for hidden in (PERSON, EMAIL, MINISTER.reason):
        assert hidden not in str(kept)


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        (date(2020, 6, 29), {("2.0", "T3.3"), ("2.0", "T3.4")}),
        (date(2023, 6, 29), {("2.1", "T3.3"), ("2.1", "T3.4")}),
        (date(2026, 6, 29), {("3.0", "3.3"), ("3.0", "3.4")}),
        (date(2017, 6, 29), set()),
        (date(2008, 6, 30), set()),
    ],
    ids=["edition 2.0", "edition 2.1", "edition 3.0", "edition 1.0 has none on record", "before the first edition"],
)
def test_the_practices_on_access_of_the_edition_in_force_that_day_are_cited(office, release, on, codes):
    report = started(release, by=office.statistician, occurred_on=on, at=SEED_DUE + timedelta(days=3000))[0]
    assert {(practice.edition, practice.code) for practice in content_of(report).practices} == codes


@pytest.mark.parametrize("role", list(Role))
def test_those_who_write_reports_start_one_and_no_one_else_does(office, release, role):
    person = office.people[role]
    if role not in WRITERS:
        with pytest.raises(NotYours):
            started(release, by=person)
        assert not Report.objects.exists()
        return
    report = started(release, by=person)[0]
    event = ReportEvent.objects.get(report=report, kind="started")
    assert (event.actor, event.facts["role"], event.facts["release"]) == (person, role, release.reference)
    assert StartedReport.objects.get().started_by == person


def test_a_second_start_gives_the_report_that_is_open(office, release):
    first = started(release, by=office.statistician)
    second = started(release, by=office.deputy, occurred_on=date(2020, 6, 28))
    assert (first[1], second[1], second[0]) == (True, False, first[0])
    assert Report.objects.count() == 1


def test_once_decided_another_report_about_the_same_list_can_be_started(office, release):
    first = started(release, by=office.statistician)[0]
    dismiss_report(first, reason="other", words="It was not.", by=office.head, at=AFTERWARDS)
    again, is_new = started(release, by=office.statistician)
    assert is_new
    assert again.reference != first.reference


def test_a_day_that_is_still_to_come_is_refused_and_nothing_is_started(office, release):
    with pytest.raises(FieldRefused, match="in the future"):
        started(release, by=office.statistician, occurred_on=date(2020, 7, 1))
    assert not Report.objects.exists()


def test_before_the_release_is_out_its_address_is_not_in_the_report(office, release):
    report = started(release, by=office.statistician, at=SHORTLY_BEFORE)[0]
    assert content_of(report).outputs[0].url == ""


def test_once_it_is_out_the_output_has_its_link(office, release):
    scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
    report = started(release, by=office.statistician)[0]
    assert content_of(report).outputs[0].url == "https://www.example.gov.uk/statistics/schools-march-2020"


def test_the_machine_leaves_a_started_report_alone(office, release):
    report = started(release, by=office.statistician)[0]
    assert drafting.draft_missing(now=AFTERWARDS + timedelta(days=1)) == []
    report.refresh_from_db()
    assert (report.version, report.versions.count()) == (1, 1)


def test_evidence_and_names_are_kept_while_the_report_is_undecided(office, release):
    report = started(release, by=office.statistician)[0]
    assert (releases_with_needed_evidence([release.pk]), releases_with_needed_names([release.pk])) == (
        {release.pk},
        {release.pk},
    )
    dismiss_report(report, reason="other", words="It was not.", by=office.head, at=AFTERWARDS)
    assert (releases_with_needed_evidence([release.pk]), releases_with_needed_names([release.pk])) == (set(), set())


def test_erasing_names_changes_no_report(office, release):
    report = started(release, by=office.statistician)[0]
    before = current_version(report).content_sha256
    pre_release_access.erase_name(release, by=office.head, at=AFTERWARDS)
    report.refresh_from_db()
    assert current_version(report).content_sha256 == before
    assert content_from_json(current_version(report).content) == content_of(report)


def test_a_report_about_a_rehearsal_is_marked_as_one(office):
    series = SeriesFactory(producer=office.producer)
    rehearsal = ReleaseFactory(confirmed=True, series=series, reference="rehearsal", rehearsal=True)
    assert started(rehearsal, by=office.statistician)[0].rehearsal


# The pages


@pytest.fixture
def afterwards(time_machine):
    time_machine.move_to(AFTERWARDS, tick=False)


def test_the_list_leads_those_who_write_reports_to_a_started_one(client, office, release, afterwards):
    client.force_login(office.statistician)
    assert address(release) in client.get(list_address("list", release)).text
    page = words(client.get(address(release)).text)
    assert page.count("The report uses the 2018 to 2021 form.") == 1
    assert "1 post with its organisation, period and recorded times. It does not name people." in page
    response = client.post(address(release), DAY)
    page = words(client.get(response.url).text)
    for part in (
        "Report started.",
        release.title,
        "Started by Statistician from the pre-release access list.",
        "Draft",
    ):
        assert part in page


@pytest.mark.parametrize("role", list(Role))
def test_the_page_is_there_for_the_roles_that_write_reports_alone(client, office, release, afterwards, role):
    client.force_login(office.people[role])
    allowed = role in WRITERS
    assert (address(release) in client.get(list_address("list", release)).text) is allowed
    assert client.get(address(release)).status_code == (200 if allowed else 404)
    assert client.post(address(release), DAY).status_code == (302 if allowed else 404)
    assert Report.objects.exists() is allowed


def test_strangers_start_nothing(client, office, release, afterwards):
    assert client.post(address(release), DAY).url.startswith(reverse("account_login"))
    for person in (UserFactory(is_superuser=True, is_staff=True), create_office().head):
        client.force_login(person)
        assert client.get(address(release)).status_code == 404
        assert client.post(address(release), DAY).status_code == 404
    client.force_login(office.head)
    assert client.get(reverse("breaches:start_pra", args=["nowhere"])).status_code == 404
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [{"occurred_on-day": ""}, {"occurred_on-day": "31"}, {"occurred_on-month": "7"}],
    ids=["no day", "no real day", "still to come"],
)
def test_a_day_that_cannot_be_is_refused_at_its_field(client, office, release, afterwards, typed):
    client.force_login(office.statistician)
    response = client.post(address(release), DAY | typed)
    assert list(response.context["form"].errors) == ["occurred_on"]
    assert not Report.objects.exists()


def test_sent_twice_the_form_leads_to_one_report(client, office, release, afterwards):
    client.force_login(office.statistician)
    first, second = client.post(address(release), DAY), client.post(address(release), DAY)
    assert first.url == second.url
    assert "There is already an open report about this list." in words(client.get(second.url).text)
    assert first.url in client.get(address(release)).text


def test_the_report_is_on_the_list_the_desk_and_the_page_of_its_release(client, office, release, afterwards):
    report = started(release, by=office.statistician)[0]
    client.force_login(office.statistician)
    assert "Pre-release access 29 June 2020" in words(client.get(reverse("breaches:report_list")).text)
    desk = words(client.get(reverse("desk")).text)
    assert f"{release.title} , pre-release access" in desk.replace(f"{release.title},", f"{release.title} ,")
    assert report.reference in client.get(reverse("releases:release", args=[release.reference])).text
    history = words(client.get(reverse("breaches:history", args=[report.reference])).text)
    assert "Started from the pre-release access list" in history


def test_it_is_read_by_those_who_decide_and_by_the_one_who_started_it(office, release):
    report = started(release, by=office.statistician)[0]
    may_view = {role for role, person in office.people.items() if report in reports_where(person, Action.VIEW)}
    assert may_view == WRITERS


def test_nothing_of_it_is_public(client, office, release, afterwards):
    scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
    started(release, by=office.statistician)
    for page in (
        reverse("releases:release", args=[release.reference]),
        reverse("releases:pre_release", args=[release.reference]),
        reverse("releases:pre_release_lists", args=[office.producer.slug]),
        reverse("releases:month", args=[2020, 6]),
    ):
        assert "breach" not in client.get(page).text.casefold()


def test_a_post_typed_with_markup_is_told_as_it_was_typed(client, office, release, afterwards):
    granted(release, replace(someone(), post="<b>Chief</b> & deputy"), by=office.statistician)
    report = started(release, by=office.statistician)[0]
    client.force_login(office.statistician)
    page = client.get(reverse("breaches:check", args=[report.reference])).text
    assert "&lt;b&gt;Chief&lt;/b&gt; &amp; deputy" in page
