"""The pages of the yearly compliance table and of punctuality: who sees them, what they say, and what they change."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from breaches import compliance, corrective_actions
from breaches.corrective_actions import Plan
from breaches.drafting import ReportSubject, start_report
from breaches.models import ComplianceDocument, PolicyText, PunctualitySwitch
from breaches.rules.compliance import Figure, PolicySection
from breaches.rules.lifecycle import ReportKind, ReportStatus, ReportTerm
from breaches.views import compliance as compliance_views
from releases.models import Membership, Release, Series, Verification
from releases.rules.lifecycle import Role
from tests.support.factories import ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import create_office, move_report
from tests.support.report_evidence import london
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db

READERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.AUDITOR}
WRITERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
DOWNLOADERS = LEADS | {Role.STATISTICIAN, Role.AUDITOR}
NOW = london("15:00", "2020-07-03")


@pytest.fixture(autouse=True)
def _in_2020(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def releases(office):
    series = SeriesFactory(producer=office.producer)
    for reference, outcome in (("first", "on_time"), ("second", "on_time"), ("unclear", "uncertain")):
        release = ReleaseFactory(series=series, reference=reference, title=f"Statistics: {reference}", announced=True)
        Verification.objects.create(
            release=release, schedule_version=1, due_at=release.due_at, tolerance_seconds=120, outcome=outcome
        )


def address(name, office, *more):
    return reverse(f"breaches:{name}", args=[office.producer.slug, *more])


def path_of(address_of_page):
    return address_of_page[address_of_page.index("/reports") :].partition("#")[0]


def write(office, *, by=None, text="We publish official statistics.", year=2020):
    seen = compliance.read_policy(office.producer, year).number
    section = PolicySection.INTRODUCTION
    by = by or office.statistician
    return compliance.save_policy_section(office.producer, year, section, text, seen=seen, by=by, at=NOW)


def approve(client, office, year=2020):
    page = client.get(address("approve_yearly_table", office, year))
    sent = {"content_sha256": page.context["content_sha256"]}
    return client.post(address("approve_yearly_table", office, year), sent)


@pytest.mark.parametrize(
    ("name", "more", "roles"),
    [
        ("yearly_table", (2020,), READERS),
        ("yearly_list", (2020, "on_time"), READERS),
        ("policy_section", (2020, "introduction"), WRITERS),
        ("approve_yearly_table", (2020,), LEADS),
        ("yearly_draft", (2020, "html"), DOWNLOADERS),
        ("switch_punctuality", (), LEADS),
    ],
)
def test_each_page_is_there_for_the_roles_of_its_table_and_for_no_one_else(client, office, subtests, name, more, roles):
    asked = address(name, office, *more)
    assert client.get(asked).status_code == 302
    for role, person in office.people.items():
        with subtests.test(role):
            client.force_login(person)
            assert client.get(asked).status_code == (200 if role in roles else 404)
    client.force_login(create_office().head)
    assert client.get(asked).status_code == 404
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(asked).status_code == 404


def test_the_years_of_all_own_producers_are_listed_and_no_others(client, office):
    create_office(name="Another office")
    client.force_login(office.people[Role.AUDITOR])
    page = client.get(reverse("breaches:yearly_tables"))
    assert address("yearly_table", office, 2020) in page.text
    assert "Another office" not in page.text
    assert address("switch_punctuality", office) not in page.text
    client.force_login(UserFactory())
    assert client.get(reverse("breaches:yearly_tables")).status_code == 404


def test_the_list_of_tables_has_pages(client, office, monkeypatch):
    monkeypatch.setattr(compliance_views, "PRODUCERS_ON_A_PAGE", 1)
    other = create_office(name="Zoo office")
    Membership.objects.create(user=office.head, producer=other.producer, role=Role.HEAD_OF_PROFESSION)
    client.force_login(office.head)
    for page, producer in ((1, office.producer), (2, other.producer), (9, other.producer)):
        answer = client.get(reverse("breaches:yearly_tables"), {"page": page})
        assert [row["producer"] for row in answer.context["rows"]] == [producer], page
        assert 'aria-label="Page 2"' in answer.text
    last_first = client.get(reverse("breaches:yearly_tables"), {"sort": "-producer"})
    assert [row["producer"] for row in last_first.context["rows"]] == [other.producer]


def test_each_figure_leads_to_a_page_with_its_list(client, office, releases, approved_report):
    client.force_login(office.head)
    page = client.get(address("yearly_table", office, 2020))
    for _heading, lines in page.context["layout"].groups:
        for line in lines:
            listed = client.get(path_of(line.address))
            assert listed.status_code == 200, line.figure
            rows = listed.context["rows"]
            if line.value.isdecimal() and line.figure not in {"most_posts"}:
                assert len(rows) == int(line.value), line.figure


def test_what_could_not_be_determined_has_a_line_and_a_list_of_its_own(client, office, releases):
    client.force_login(office.head)
    text = words(client.get(address("yearly_list", office, 2020, "not_determined")).text)
    assert " Could not be determined The figure in the table is 1 ." in text
    assert "Statistics: unclear" in text
    assert "Statistics: first" not in text
    assert client.get(address("yearly_list", office, 2020, "nothing")).status_code == 404


def test_a_year_without_a_table_is_not_found(client, office):
    client.force_login(office.head)
    assert client.get(address("yearly_table", office, 2019)).status_code == 404
    assert client.get(address("yearly_table", office, 2021)).status_code == 404


def years_for(client, office, person):
    """The years with a link to a table, and those whose page can be opened."""
    client.force_login(person)
    (row,) = client.get(reverse("breaches:yearly_tables")).context["rows"]
    tables = {year: client.get(address("yearly_table", office, year)) for year in range(2016, 2022)}
    opened = [year for year, page in reversed(tables.items()) if page.status_code == 200]
    assert [one["year"] for one in row["years"]] == tables[2020].context["years"] == opened
    return opened


@pytest.mark.both_databases
def test_a_breach_before_the_first_release_has_a_table_of_its_year_for_those_who_may_read_it(client, office, releases):
    start_report(
        ReportSubject(office.producer), kind=ReportKind.ACCESS, occurred_on=(date(2018, 12, 15),), by=office.head,
        at=NOW, form_key=uuid4(),
    )  # fmt: skip
    assert years_for(client, office, office.head) == [2020, 2018]
    assert years_for(client, office, office.people[Role.AUDITOR]) == [2020]
    assert client.get(address("yearly_table", office, 2018)).status_code == 404
    client.force_login(office.head)
    assert client.get(address("yearly_list", office, 2018, "recorded")).status_code == 200


def test_a_year_with_an_approved_table_or_a_result_stays_when_its_release_moves_to_the_next_year(client, office):
    series = SeriesFactory(producer=office.producer)
    release = ReleaseFactory(series=series, due_at=london("09:30", "2018-12-20"), announced=True)
    write(office, year=2018)
    client.force_login(office.head)
    approve(client, office, 2018)
    assert years_for(client, office, office.head) == [2020, 2019, 2018]
    Release.objects.update(due_at=london("09:30", "2020-01-15"))
    assert years_for(client, office, office.head) == [2020, 2018]
    Verification.objects.create(
        release=release, schedule_version=1, due_at=london("09:30", "2017-12-20"), tolerance_seconds=120,
        outcome="on_time",
    )  # fmt: skip
    assert years_for(client, office, office.head) == [2020, 2019, 2018, 2017]
    Release.objects.update(rehearsal=True, announced_at=None)
    assert years_for(client, office, office.head) == [2020, 2018]


def test_an_office_without_releases_has_a_table_of_zeros(client, office):
    client.force_login(office.head)
    page = client.get(address("yearly_table", office, 2020))
    values = {line.value for _heading, lines in page.context["layout"].groups for line in lines}
    assert values == {"0", "[z]"}


def test_a_section_is_written_in_its_place_and_saved_as_a_version(client, office):
    client.force_login(office.statistician)
    asked = address("policy_section", office, 2020, "date_changes")
    page = client.get(asked)
    assert page.context["form"].initial["seen"] == 0
    done = client.post(asked, {"seen": "0", "text": "The Head of Profession agrees."}, follow=True)
    assert done.redirect_chain == [(f"{address('yearly_table', office, 2020)}#date_changes", 302)]
    assert "How we change a date saved" in words(done.text)
    assert "The Head of Profession agrees." in done.text
    again = client.post(asked, {"seen": "1", "text": "The Head of Profession agrees."}, follow=True)
    assert "You did not make any changes." in words(again.text)
    assert PolicyText.objects.count() == 1


def test_a_person_whose_text_was_overtaken_loses_nothing_and_sees_the_other(client, office):
    write(office)
    write(office, by=office.head, text="By the head.")
    client.force_login(office.statistician)
    asked = address("policy_section", office, 2020, "introduction")
    page = client.post(asked, {"seen": "1", "text": "By the statistician."})
    text = words(page.text)
    assert "Not saved yet" in text
    assert "By the head." in text
    assert "By the statistician." in text
    assert PolicyText.objects.count() == 2
    saved = client.post(asked, {"seen": page.context["form"]["seen"].value(), "text": "Both."}, follow=True)
    assert "Introduction saved" in words(saved.text)


def test_a_text_that_is_too_long_is_an_error_at_its_field(client, office):
    client.force_login(office.statistician)
    page = client.post(address("policy_section", office, 2020, "introduction"), {"seen": "0", "text": "x" * 6001})
    assert page.status_code == 200
    assert "Error:" in page.text
    title = " ".join(page.text.partition("<title>")[2].partition("</title>")[0].split())
    assert title.startswith("Error: Compliance table 2020 – ")
    assert not PolicyText.objects.exists()


def test_approving_freezes_the_files_and_the_page_says_how_the_record_has_changed_since(client, office, releases):
    write(office)
    client.force_login(office.head)
    done = approve(client, office)
    assert done.status_code == 302
    document = ComplianceDocument.objects.get()
    page = client.get(address("yearly_table", office, 2020))
    assert "Nothing has changed since then." in words(page.text)
    assert "govuk-button--secondary" in page.text
    Release.objects.filter(reference="second").update(rehearsal=True, announced_at=None)
    page = client.get(address("yearly_table", office, 2020))
    assert "govuk-button--secondary" not in page.text
    text = words(page.text)
    assert "The record has changed since then. 3 figures differ." in text
    assert "On time, within our tolerance 2 : approved list of On time, within our tolerance 1 :" in text
    for kind in ("html", "odt", "pdf"):
        file = client.get(address("yearly_file", office, 2020, 1, kind))
        assert file.content == bytes(getattr(document, kind))
        assert file["Content-Disposition"].startswith("attachment")
    write(office, text="A new text.")
    assert "The texts have changed since then." in words(client.get(address("yearly_table", office, 2020)).text)


def test_a_change_of_the_texts_of_the_year_before_counts_where_the_approved_table_repeats_them(
    client, office, releases
):
    write(office, year=2019)
    client.force_login(office.head)
    approve(client, office)
    assert "Nothing has changed since then." in words(client.get(address("yearly_table", office, 2020)).text)
    write(office, year=2019, text="A new text.")
    text = words(client.get(address("yearly_table", office, 2020)).text)
    assert "The texts have changed since then." in text
    assert "Nothing has changed since then." not in text
    assert "Version 2 approved" in words(client.get(approve(client, office)["Location"]).text)


def test_a_text_that_is_again_as_it_was_approved_has_not_changed(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    for text in ("A new text.", "We publish official statistics."):
        write(office, text=text)
    assert "Nothing has changed since then." in words(client.get(address("yearly_table", office, 2020)).text)
    page = client.get(address("approve_yearly_table", office, 2020))
    assert "Nothing has changed since the table was approved." in words(page.text)


def test_an_approved_figure_has_the_list_as_it_was_approved_with_a_link_to_that_of_today(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    Release.objects.filter(reference="first").update(title="Corrected")
    Release.objects.filter(reference="second").update(rehearsal=True, announced_at=None)
    page = client.get(address("yearly_table", office, 2020))
    assert "Its figures link to the lists as they were approved." in words(page.text)
    on_time = next(one for one in page.context["changes"] if one["label"] == "On time, within our tolerance")
    assert on_time["approved_address"] in page.text
    approved = client.get(path_of(on_time["approved_address"]))
    text = words(approved.text)
    assert "The figure in version 1 is 2 . The list is as it was at 3pm on 3 July 2020 , when" in text
    assert "Statistics: first" in text
    assert "Statistics: second" in text
    assert "Corrected" not in text
    assert re.search(r'aria-current="true"[^>]*>\s*Compliance tables', approved.text)
    today = client.get(path_of(approved.context["address_today"]))
    assert "The figure in the table is 1 . The list shows the record as it is now." in words(today.text)
    assert "Corrected" in today.text
    assert address("frozen_list", office, 2020, 1, "on_time") in today.text


@pytest.mark.parametrize("of", ["yearly_list", "frozen_list"])
def test_the_list_of_releases_behind_a_figure_can_be_sorted(client, office, releases, of, subtests):
    due = Release.objects.get(reference="first").due_at - timedelta(days=1)
    series = Series.objects.get()
    ReleaseFactory(series=series, reference="before", title="Statistics: before", due_at=due, announced=True)
    write(office)
    client.force_login(office.head)
    approve(client, office)
    where = address(of, office, 2020, *([1] if of == "frozen_list" else []), "due")
    orders = [
        ("", ["before", "first", "second", "unclear"]),
        ("salt", ["before", "first", "second", "unclear"]),
        ("-2", ["unclear", "second", "first", "before"]),
        ("0", ["before", "first", "second", "unclear"]),
        ("-0", ["unclear", "second", "first", "before"]),
        ("3", ["unclear", "before", "first", "second"]),
    ]
    for sort, titles in orders:
        with subtests.test(sort):
            page = client.get(where, {"sort": sort})
            assert [one["row"].release for one in page.context["rows"]] == titles
            assert page.text.count("aria-sort=") == 1


@pytest.mark.parametrize("of", ["yearly_list", "frozen_list"])
def test_dates_of_a_list_are_sorted_as_dates_and_a_row_without_one_comes_last(client, office, approved_report, of):
    for text, due in (("in July", "2020-07-21"), ("some day", None), ("in August", "2020-08-03")):
        plan = Plan(text, ReportTerm.SHORT, "The team", due and date.fromisoformat(due))
        corrective_actions.add_action(approved_report, plan, by=office.statistician, at=NOW)
    write(office)
    client.force_login(office.head)
    approve(client, office)
    where = address(of, office, 2020, *([1] if of == "frozen_list" else []), "actions_open")
    for sort, texts in (("2", ["in July", "in August"]), ("-2", ["in August", "in July"])):
        page = client.get(where, {"sort": sort})
        assert [one["row"].cells[0] for one in page.context["rows"]] == [*texts, "some day"]


@pytest.mark.parametrize("of", ["yearly_list", "frozen_list"])
def test_the_list_behind_a_figure_has_pages(client, office, releases, monkeypatch, of):
    monkeypatch.setattr(compliance_views, "ROWS_ON_A_PAGE", 1)
    write(office)
    client.force_login(office.head)
    approve(client, office)
    where = address(of, office, 2020, *([1] if of == "frozen_list" else []), "on_time")
    for page, title in ((1, "first"), (2, "second")):
        answer = client.get(where, {"page": page})
        assert [one["row"].release for one in answer.context["rows"]] == [title]
        assert "<strong>2</strong>" in answer.text
        assert 'aria-label="Page 2"' in answer.text


def test_a_list_that_changed_without_its_figure_is_named_on_the_page(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    Release.objects.filter(reference="first").update(title="Corrected")
    text = words(client.get(address("yearly_table", office, 2020)).text)
    assert "The figures are the same, but a list behind them has changed since then." in text
    assert "Nothing has changed since then." not in text


def test_every_frozen_list_is_there_for_the_readers_of_today_s_list_and_for_no_one_else(
    client, office, releases, subtests
):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    for figure in Figure:
        assert client.get(address("frozen_list", office, 2020, 1, figure)).status_code == 200, figure
    for missing in ((2020, 1, "nothing"), (2020, 2, "due"), (2019, 1, "due")):
        assert client.get(address("frozen_list", office, *missing)).status_code == 404, missing
    asked = address("frozen_list", office, 2020, 1, "due")
    for role, person in office.people.items():
        with subtests.test(role):
            client.force_login(person)
            assert client.get(asked).status_code == (200 if role in READERS else 404)
    for other in (create_office().head, UserFactory(is_superuser=True)):
        client.force_login(other)
        assert client.get(asked).status_code == 404


def test_a_table_that_was_approved_before_lists_were_frozen_says_that_it_links_to_those_of_today(
    client, office, releases
):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    values = ComplianceDocument.objects.values().get()
    content = {name: value for name, value in values["content"].items() if name != "lists_sha256"}
    old = values | {"id": None, "number": 2, "lists": None, "content": content | {"format": 1}}
    ComplianceDocument.objects.create(**old)
    text = words(client.get(address("yearly_table", office, 2020)).text)
    assert "Its figures link to today’s lists, because lists were not stored when it was approved." in text
    assert client.get(address("frozen_list", office, 2020, 2, "due")).status_code == 404
    text = words(client.get(address("yearly_list", office, 2020, "due")).text)
    assert "Version 2 has no such list, because it was not stored when the version was approved." in text


def test_a_table_from_before_a_figure_was_added_has_no_list_of_it_and_no_link_to_one(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    stored = ComplianceDocument.objects.values().get()
    values = {figure: value for figure, value in stored["content"]["values"].items() if figure != "not_sent"}
    ComplianceDocument.objects.create(
        **stored | {"id": None, "number": 2, "content": stored["content"] | {"values": values}}
    )
    assert client.get(address("frozen_list", office, 2020, 2, "not_sent")).status_code == 404
    assert client.get(address("frozen_list", office, 2020, 2, "reported")).status_code == 200
    page = client.get(address("yearly_list", office, 2020, "not_sent"))
    assert "frozen_address" not in page.context
    assert "Version 2 has no such list, because it was not stored when the version was approved." in words(page.text)


def test_lists_that_were_changed_after_the_approval_are_not_shown(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    values = ComplianceDocument.objects.values().get()
    ComplianceDocument.objects.create(**values | {"id": None, "number": 2, "lists": b"other"})
    answered = client.get(address("frozen_list", office, 2020, 2, "due"), follow=True)
    assert "This document was changed after its approval. Contact an administrator." in words(answered.text)


def test_a_file_that_was_changed_after_its_approval_is_not_downloaded(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    values = ComplianceDocument.objects.values().get()
    ComplianceDocument.objects.create(**values | {"id": None, "number": 2, "pdf": b"%PDF of someone else"})
    answered = client.get(address("yearly_file", office, 2020, 2, "pdf"), follow=True)
    assert "This document was changed after its approval. Contact an administrator." in words(answered.text)
    assert b"%PDF of someone else" not in answered.content


def test_the_list_makes_no_queries_for_each_producer(client, office, releases):
    client.force_login(office.head)

    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("breaches:yearly_tables"))
        return len(queries)

    count()
    before = count()
    for _number in range(3):
        more = create_office().producer
        Membership.objects.create(user=office.head, producer=more, role=Role.HEAD_OF_PROFESSION)
        ReleaseFactory(series=SeriesFactory(producer=more), reference=f"of-{more.slug}", announced=True)
    assert count() == before


def test_a_page_that_is_outdated_approves_nothing_and_shows_the_record_again(client, office, releases):
    write(office)
    client.force_login(office.head)
    page = client.get(address("approve_yearly_table", office, 2020))
    write(office, text="A new text.")
    sent = {"content_sha256": page.context["content_sha256"]}
    done = client.post(address("approve_yearly_table", office, 2020), sent, follow=True)
    assert "The record or the text has changed since you read it." in words(done.text)
    assert not ComplianceDocument.objects.exists()


def test_a_second_click_approves_once_and_says_the_same(client, office, releases):
    write(office)
    client.force_login(office.head)
    page = client.get(address("approve_yearly_table", office, 2020))
    for _click in range(2):
        done = client.post(
            address("approve_yearly_table", office, 2020),
            {"content_sha256": page.context["content_sha256"]},
            follow=True,
        )
        assert "Version 1 approved" in words(done.text)
    assert ComplianceDocument.objects.count() == 1


def test_an_undecided_report_stops_the_approval_with_a_link_to_it(client, office, draft_report):
    write(office)
    client.force_login(office.head)
    page = client.get(address("approve_yearly_table", office, 2020))
    assert "Decide on 1 open report for this year" in words(page.text)
    assert "decision=undecided" in page.text
    assert "Approve version" not in page.text


def test_a_missing_introduction_stops_the_approval_with_a_link_to_its_form(client, office):
    client.force_login(office.head)
    page = client.get(address("approve_yearly_table", office, 2020))
    assert "Write the introduction before you approve the table." in words(page.text)
    assert f'href="{address("policy_section", office, 2020, "introduction")}#introduction"' in page.text


def test_only_leads_see_how_the_record_differs_from_what_was_approved(client, office, releases):
    write(office)
    client.force_login(office.head)
    approve(client, office)
    Release.objects.filter(reference="second").update(rehearsal=True, announced_at=None)
    client.force_login(office.people[Role.AUDITOR])
    text = words(client.get(address("yearly_table", office, 2020)).text)
    assert "The record has changed" not in text
    assert "Only reports that you can read are counted here." in text
    assert "A Head of Profession or deputy approves the table." in text


def test_the_table_needs_as_many_queries_for_many_releases_as_for_few(client, office, releases):
    client.force_login(office.head)
    asked = address("yearly_table", office, 2020)
    Verification.objects.filter(outcome="uncertain").update(outcome="late")
    client.get(asked)
    with CaptureQueriesContext(connection) as few:
        client.get(asked)
    series = SeriesFactory(producer=office.producer)
    for number in range(12):
        release = ReleaseFactory(series=series, reference=f"more-{number}", announced=True)
        Verification.objects.create(
            release=release, schedule_version=1, due_at=release.due_at, tolerance_seconds=120, outcome="late"
        )
    with CaptureQueriesContext(connection) as many:
        client.get(asked)
    assert len(many) == len(few)


@pytest.mark.parametrize("edited", [None, "introduction"], ids=["table", "with a form"])
def test_the_years_of_a_table_are_read_once(client, office, releases, edited):
    client.force_login(office.head)
    asked = address("policy_section", office, 2020, edited) if edited else address("yearly_table", office, 2020)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(asked).status_code == 200
    of_years = [query for query in queries if " UNION " in query["sql"] and "MIN(" in query["sql"]]
    assert len(of_years) == 1


class TestPunctuality:
    @pytest.fixture
    def page(self, office):
        return reverse("transparency:punctuality", args=[office.producer.slug])

    def turn(self, client, office, on, *, by=None):
        client.force_login(by or office.head)
        asked = address("switch_punctuality", office)
        seen = client.get(asked).context["seen"]
        done = client.post(asked, {"seen": seen, "on": "on" if on else "off"}, follow=True)
        client.logout()
        return words(done.text)

    def test_the_public_page_is_absent_until_it_is_turned_on_and_after_it_is_turned_off(
        self, client, office, releases, page
    ):
        calendar = reverse("releases:calendar")
        for address_of_page in (page, f"{page}2020/", reverse("transparency:punctuality_list")):
            assert client.get(address_of_page).status_code == 404
        assert "Punctuality of our releases" not in client.get(calendar).text
        assert "The page is now public" in self.turn(client, office, on=True)
        assert client.get(page).status_code == 200
        assert page in client.get(reverse("transparency:punctuality_list")).text
        assert "Punctuality of our releases" in client.get(calendar).text
        assert "The page is no longer public" in self.turn(client, office, on=False)
        assert client.get(page).status_code == 404
        assert "Punctuality of our releases" not in client.get(calendar).text
        assert PunctualitySwitch.objects.count() == 2

    def test_another_producer_stays_absent(self, client, office, page):
        other = create_office()
        self.turn(client, office, on=True)
        assert client.get(reverse("transparency:punctuality", args=[other.producer.slug])).status_code == 404
        assert other.producer.name not in client.get(reverse("transparency:punctuality_list")).text

    def test_the_public_page_defines_on_time_and_says_that_the_code_does_not(self, client, office, releases, page):
        self.turn(client, office, on=True)
        text = words(client.get(page).text)
        assert "A release is on time if it was live within our tolerance of 2 minutes after its announced time." in text
        assert "This is our own measure. The Code of Practice for Statistics does not define it." in text
        assert "1 January 2020 to 30 June 2020" in text
        assert "Releases due 3" in text
        assert "On time, within our tolerance 2" in text
        assert "Result not known or not final 1" in text
        assert "Exemptions agreed by OSR for the series of these releases 0" in text

    def test_the_page_is_the_same_whether_a_release_is_suspected_or_not_determined(
        self, client, office, page, draft_report
    ):
        Release.objects.update(announced_at=london("09:00", "2020-01-03"))
        self.turn(client, office, on=True)
        suspected = words(client.get(page).text)
        Verification.objects.update(outcome="uncertain")
        assert words(client.get(page).text) == suspected
        assert "Not on time 0" in suspected
        Verification.objects.update(outcome="not_seen")
        move_report(draft_report, office, ReportStatus.RECORDED)
        assert "Not on time 1" in words(client.get(page).text)

    def test_breaches_are_counted_only_if_the_office_publishes_them(self, client, office, releases, page, settings):
        self.turn(client, office, on=True)
        settings.BREACHES_PUBLIC = False
        assert "Published reports of breaches" not in client.get(page).text
        settings.BREACHES_PUBLIC = True
        assert "Published reports of breaches 0" in words(client.get(page).text)

    def test_without_a_month_that_is_over_the_public_page_has_no_figures(self, client, office, page):
        self.turn(client, office, on=True)
        assert "There are no figures yet." in words(client.get(page).text)
        assert client.get(f"{page}2020/").status_code == 404

    def test_readers_get_the_same_bytes_without_a_cookie(self, client, office, releases, page):
        self.turn(client, office, on=True)
        client.cookies.clear()
        first, second = client.get(page), client.get(page)
        assert first.content == second.content
        assert not first.cookies
        assert first["Cache-Control"] == "no-cache"
