"""What goes out: the releases that one may see, in columns that come in again unchanged, and nothing that does harm."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from releases import scheduling
from releases.imports import apply, parse
from releases.imports.apply import ImportOutcome
from releases.models import Address, Release, Series
from releases.public import export
from releases.public.export import TooManyReleases
from releases.rules import tables
from releases.rules.calendar import Precision, Slot
from releases.rules.imports import COLUMNS, REQUIRED
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from releases.scheduling import PlannedAddress
from tests.support.admin_site import act, said, staff
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)
from tests.support.import_files import everything
from tests.support.shared_rows import shared_fixture
from tests.support.stored_imports import applied, checked, outcomes

pytestmark = pytest.mark.django_db

SUMMER, WINTER = date(2098, 7, 1), date(2098, 1, 15)
DANGEROUS = "=HYPERLINK(“x”)  & others"


@shared_fixture
def full(series):
    """A calendar with one release of each kind."""
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    announced = ReleaseFactory(announced=True,
        series=series, reference="announced", title=DANGEROUS, slot=london_slot(SUMMER),
        attachments=("https://www.example.gov.uk/a.ods", "https://www.example.gov.uk/b.ods"),
    )  # fmt: skip
    scheduling.add_address(
        announced,
        PlannedAddress("https://www.gov.uk/x", Address.Role.ANNOUNCEMENT, adapter="govuk"),
        at=announced.recorded_at,
    )
    ReleaseFactory(series=series, reference="winter", title="+1 -1", marker="'quoted'", slot=london_slot(WINTER))
    for reference, precision in (("month", Precision.MONTH), ("two-months", Precision.TWO_MONTHS)):
        slot = Slot(on=date(2098, 12, 17), at=None, precision=precision)
        scheduling.record_release(series, reference=reference, title="Vague", slot=slot, at=announced.recorded_at)
    at_night = datetime(2098, 3, 1, 3, 7, tzinfo=UTC)
    ReleaseFactory(confirmed=True, series=series, reference="rehearsal", rehearsal=True, due_at=at_night)
    gone = ReleaseFactory(announced=True, series=series, reference="cancelled", slot=london_slot(SUMMER))
    scheduling.cancel_release(gone, reason="The survey was stopped.", by=head, at=gone.recorded_at)
    out = ReleaseFactory(announced=True, series=series, reference="published", slot=london_slot(date(2020, 6, 30)))
    scheduling.publish(out, by=None, at=timezone.now(), published_at=timezone.now())
    Series.objects.filter(pk=series.pk).update(title="Monthly   rain", tolerance_seconds=60)
    return head


def exported(kind, *, by, contacts=False):
    return export.export_calendar(Release.objects.all(), kind, title="Releases", by=by, contacts=contacts)


def table(content):
    """Read a file as rows by column."""
    (_, header), *lines = tables.read_table(content, name="releases")
    return [{name.text: cell.text for name, cell in zip(header, [*cells, *header], strict=False)} for _, cells in lines]


@pytest.mark.parametrize("contacts", [False, True], ids=["without-contacts", "with-contacts"])
@pytest.mark.parametrize("kind", TableKind)
def test_what_was_exported_and_is_imported_unchanged_changes_nothing(full, kind, contacts):
    before = everything()
    content = exported(kind, by=full, contacts=contacts)
    reading = parse.read_calendar(content, name="releases", adapters={"page", "govuk"})
    assert reading.faults == []
    for by in (None, full):
        imported = apply.import_calendar(reading, at=timezone.now(), by=by)
        assert {row.outcome for row in imported.rows} == {ImportOutcome.UNCHANGED}
        assert len(imported.rows) == Release.objects.count() == 7
    assert everything() == before


@pytest.mark.parametrize("kind", TableKind)
def test_under_other_references_the_same_releases_come_in_but_for_those_that_no_file_can_make(full, kind):
    rows = [row | {"reference": f"new-{row['reference']}"} for row in table(exported(kind, by=full))]
    content = tables.write_table(kind, list(rows[0]), [list(row.values()) for row in rows], title="Releases")
    reading = parse.read_calendar(content, name="releases", adapters={"page", "govuk"})
    imported = apply.import_calendar(reading, at=timezone.now(), skip_refused=True)
    assert {row.reference for row in imported.of(ImportOutcome.REFUSED)} == {"new-published", "new-cancelled"}
    for new in Release.objects.filter(reference__startswith="new-"):
        old = Release.objects.get(reference=new.reference.removeprefix("new-"))
        assert (new.due_at, new.precision, new.status, new.rehearsal) == (
            old.due_at, old.precision, old.status, old.rehearsal
        )  # fmt: skip
        assert new.title == " ".join(old.title.split())
        addresses = [list(each.addresses.values_list("url", "role", "marker", "adapter")) for each in (old, new)]
        assert addresses[0] == addresses[1]


def test_times_are_londons_on_both_sides_of_the_clock_change_and_the_zone_is_named(full):
    rows = {row["reference"]: row for row in table(exported(TableKind.CSV, by=full))}
    written = {name: (row["scheduled_for"], row["precision"], row["zone"]) for name, row in rows.items()}
    assert written["announced"] == ("2098-07-01 09:30", "exact", "Europe/London")
    assert written["winter"] == ("2098-01-15 09:30", "exact", "Europe/London")
    assert written["two-months"] == ("2098-12", "two_months", "Europe/London")
    assert rows["announced"]["title"] == " ".join(DANGEROUS.split())
    (line,) = [line for line in exported(TableKind.CSV, by=full).decode().splitlines() if '"announced"' in line]
    assert "\"'=HYPERLINK" in line


def test_personal_contacts_are_written_only_when_asked_and_of_ones_own_calendar_only(full, series):
    other = ReleaseFactory(reference="other", series=SeriesFactory(), slot=london_slot(SUMMER))
    assert "responsible_email" not in table(exported(TableKind.CSV, by=full))[0]
    rows = {
        row["reference"]: row["responsible_email"] for row in table(exported(TableKind.CSV, by=full, contacts=True))
    }
    assert rows["winter"] == series.responsible.email
    assert rows["other"] == ""
    assert other.series.responsible.email not in exported(TableKind.CSV, by=full, contacts=True).decode()
    reader = create_member(Role.STATISTICIAN, series.producer)
    assert "responsible_email" not in table(exported(TableKind.CSV, by=reader, contacts=True))[0]


def test_the_reason_of_a_short_notice_is_written_for_ones_own_releases_alone_and_the_public_one_for_all(full, series):
    for reference, of in (("own", series), ("other", SeriesFactory())):
        ReleaseFactory(confirmed=True, reference=reference, series=of, slot=london_slot(SUMMER))
    Release.objects.filter(reference__in=["own", "other"]).update(short_notice_reason="It was forgotten.")
    rows = {row["reference"]: row for row in table(exported(TableKind.CSV, by=full))}
    assert [rows[name]["short_notice_reason"] for name in ("own", "other")] == ["It was forgotten.", ""]
    assert rows["cancelled"]["cancellation_reason"] == "The survey was stopped."
    assert {row["date_change_reason"] for row in rows.values()} == {""}


def test_the_number_of_queries_is_that_of_one_release(full, django_assert_num_queries):
    with django_assert_num_queries(4):
        exported(TableKind.CSV, by=full)


def test_more_than_an_import_takes_are_refused_in_one_sentence(full, monkeypatch):
    monkeypatch.setattr(export, "MOST_ROWS", 6)
    with pytest.raises(
        TooManyReleases, match=r"^You selected 7 releases\. A file can have up to 6\. Select fewer releases\.$"
    ):
        exported(TableKind.CSV, by=full)


class TestByPage:
    def get(self, client, kind="csv", **filters):
        return client.get(reverse("exchange:export", args=[kind]), filters)

    @pytest.mark.parametrize("kind", TableKind)
    def test_the_list_is_given_as_a_file_of_each_kind(self, client, full, kind):
        client.force_login(full)
        answer = self.get(client, kind)
        assert answer["Content-Disposition"].startswith('attachment; filename="releases-')
        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        assert answer["Cache-Control"] == "private, no-store"
        assert len(table(answer.content)) == 7

    def test_the_filters_of_the_list_are_those_of_the_file(self, client, full, subtests):
        client.force_login(full)
        for filters, references in (
            ({"status": "cancelled"}, {"cancelled"}),
            ({"words": "HYPERLINK announced"}, {"announced"}),
            ({"first": "2098-12-01", "last": "2098-12-31"}, {"month", "two-months"}),
            ({"last": "30/06/2020"}, {"published"}),
            ({"words": "nothing"}, set()),
        ):
            with subtests.test(filters=filters):
                assert {row["reference"] for row in table(self.get(client, **filters).content)} == references
                listed = client.get(reverse("exchange:release_list"), filters).context["page"]
                assert {release.reference for release in listed} == references

    def test_the_person_who_may_see_releases_may_take_them_and_no_others(self, client, full, series, subtests):
        ReleaseFactory(reference="other", series=SeriesFactory(), slot=london_slot(SUMMER))
        for role in Role:
            client.force_login(create_member(role, series.producer))
            with subtests.test(role):
                rows = table(self.get(client, contacts="yes").content)
                assert "other" not in {row["reference"] for row in rows}
                contacts = role in {"calendar_manager", "head_of_profession", "deputy"}
                assert ("responsible_email" in rows[0]) is contacts
                page = client.get(reverse("exchange:release_list"))
                assert ("contacts=yes" in page.text) is contacts

    def test_a_filter_by_someone_elses_producer_or_series_shows_nothing_of_theirs(self, client, full):
        theirs = ReleaseFactory(reference="other", series=SeriesFactory(), slot=london_slot(SUMMER)).series
        client.force_login(full)
        for filters in ({"producer": theirs.producer_id}, {"series": theirs.pk}):
            page = client.get(reverse("exchange:release_list"), filters)
            assert "Select a valid choice" in page.text
            assert theirs.title not in page.text
            assert self.get(client, **filters).status_code == 302

    def test_strangers_find_nothing(self, client, full):
        assert self.get(client).status_code == 302
        client.force_login(UserFactory())
        assert self.get(client).status_code == 404
        assert client.get(reverse("exchange:release_list")).status_code == 404
        client.force_login(full)
        assert self.get(client, "pdf").status_code == 404

    def test_too_many_are_said_to_be_too_many(self, client, full, monkeypatch):
        client.force_login(full)
        monkeypatch.setattr(export, "MOST_ROWS", 6)
        answer = client.get(reverse("exchange:export", args=["csv"]), follow=True)
        assert "You selected 7 releases." in answer.text

    def test_the_list_begins_at_today_until_a_person_filters_it(self, client, full, time_machine):
        time_machine.move_to(datetime(2098, 7, 2, 12, tzinfo=UTC), tick=False)
        client.force_login(full)
        address = reverse("exchange:release_list")
        page = client.get(address)
        assert [release.reference for release in page.context["page"]] == ["month", "two-months"]
        assert page.context["form"]["first"].value() == "2098-07-02"
        for query, number in (
            ("?first=", 7),
            ("?last=2098-07-01&sort=-date", 5),
            ("?sort=-release", 2),
            ("?page=1", 2),
        ):
            assert len(client.get(address + query).context["page"]) == number
        for query, links in (
            ("?sort=-release", ("?last=2098-07-01&amp;sort=-release", "?first=&amp;sort=-release")),
            ("?first=&sort=-release", (f"{address}?sort=-release", "?first=&amp;sort=-release")),
            ("", ("?last=2098-07-01&amp;sort=-date", "?first=")),
        ):
            text = client.get(address + query).text
            assert [link for link in links if f'href="{link}">' in text] == list(links)
        # The file has what the list shows.
        file = re.search(r'href="(\S*/export/csv/\S*)"', page.text)[1].replace("&amp;", "&")
        assert [row["reference"] for row in table(client.get(file).content)] == ["month", "two-months"]

    def test_a_vague_release_is_not_past_before_its_last_month_is_over(self, client, full):
        client.force_login(full)
        for first, references in (
            ("2098-12-31", {"month", "two-months"}),
            ("2099-01-31", {"two-months"}),
            ("2099-02-01", set()),
        ):
            listed = client.get(reverse("exchange:release_list"), {"first": first}).context["page"]
            assert {release.reference for release in listed} == references

    def test_a_heading_sorts_the_list_and_says_in_which_direction(self, client, full):
        client.force_login(full)
        for name in ("date", "release", "series", "producer", "status"):
            page = client.get(reverse("exchange:release_list"), {"first": "", "sort": f"-{name}"})
            assert page.text.count('aria-sort="descending"') == 1
            assert f"sort={name}" in page.text
            assert len(page.context["page"]) == 7
        titles = [
            [
                one.title
                for one in client.get(reverse("exchange:release_list"), {"first": "", "sort": name}).context["page"]
            ]
            for name in ("release", "-release")
        ]
        assert titles[0] == sorted(titles[0], key=str.lower)
        assert titles[1] == sorted(titles[1], key=str.lower, reverse=True)

    def test_the_list_has_pages_and_says_where_each_release_stands(self, client, full):
        client.force_login(full)
        page = client.get(reverse("exchange:release_list"), {"first": ""})
        for words in ("7 releases", "Rehearsal", "Not announced", "December 2098 to January 2099", "Cancelled"):
            assert words in page.text
        empty = client.get(reverse("exchange:release_list"), {"words": "nothing"})
        assert "No releases match your filters." in empty.text


class TestByAdmin:
    @pytest.mark.parametrize("kind", TableKind)
    def test_the_selected_releases_are_given_as_a_file(self, full, series, kind):
        chosen = list(Release.objects.filter(reference__in=["announced", "winter"]))
        answer = act(staff(Role.AUDITOR, series.producer), f"export_{kind}", chosen)
        rows = table(answer.content)
        assert {row["reference"] for row in rows} == {"announced", "winter"}
        assert "responsible_email" not in rows[0]

    def test_those_of_others_cannot_be_selected_and_too_many_are_refused(self, full, series, monkeypatch):
        theirs = ReleaseFactory(reference="other", series=SeriesFactory(), slot=london_slot(SUMMER))
        client = staff(Role.AUDITOR, series.producer)
        mine = Release.objects.get(reference="winter")
        assert [row["reference"] for row in table(act(client, "export_csv", [mine, theirs]).content)] == ["winter"]
        monkeypatch.setattr(export, "MOST_ROWS", 0)
        assert "Select fewer releases" in said(act(client, "export_csv", [mine]))[0]


class TestTemplates:
    def test_a_template_has_every_column_and_one_example_that_is_left_out(self, client, keeper, subtests):
        client.force_login(keeper)
        for kind in TableKind:
            with subtests.test(kind):
                answer = client.get(reverse("exchange:template", args=[kind]))
                assert answer["Content-Disposition"] == f'attachment; filename="calendar-template.{kind}"'
                (example,) = table(answer.content)
                assert list(example) == list(COLUMNS)
                assert (example["reference"], example["producer"]) == ("example", "Office for Rain")
                assert example["title"].startswith("EXAMPLE")
                with pytest.raises(parse.FileRefused, match="has no releases"):
                    parse.read_calendar(answer.content, name="template", adapters={"page"})

    def test_under_a_name_of_its_own_the_example_would_be_taken(self, client, keeper, series):
        client.force_login(keeper)
        (example,) = table(client.get(reverse("exchange:template", args=["ods"])).content)
        found = checked(keeper, example | {"reference": "rain-1", "series": "Monthly rain"})
        assert outcomes(found) == [(2, "added")]

    def test_every_column_is_explained_and_said_to_be_required_or_not(self, client, keeper):
        client.force_login(keeper)
        page = client.get(reverse("exchange:columns"))
        assert [entry["column"] for entry in page.context["entries"]] == list(COLUMNS)
        assert [entry["column"] for entry in page.context["entries"] if entry["required"]] == list(REQUIRED)
        assert page.text.count("For example:") == len(COLUMNS)

    def test_the_examples_of_the_explanation_are_right(self, client, keeper, series):
        client.force_login(keeper)
        entries = client.get(reverse("exchange:columns")).context["entries"]
        row = {entry["column"]: entry["example"] for entry in entries} | {"precision": "", "responsible_email": ""}
        row["scheduled_for"] = f"{SUMMER} 09:30"
        # These speak of a release that is there.
        of_others = dict.fromkeys(("rehearsal", "date_change_reason", "cancellation_reason"), "")
        # These are only for a weekend or a bank holiday.
        of_others |= dict.fromkeys(("osr_reference", "osr_agreed_on", "bank_holiday_reason"), "")
        assert applied(keeper, row | of_others).status == "applied"

    def test_the_person_who_keeps_no_calendar_needs_none(self, client, series):
        client.force_login(create_member(Role.STATISTICIAN, series.producer))
        for address in (reverse("exchange:template", args=["csv"]), reverse("exchange:columns")):
            assert client.get(address).status_code == 404


def test_a_file_of_comma_separated_values_is_read_by_the_standard_library_too(full):
    rows = list(csv.DictReader(io.StringIO(exported(TableKind.CSV, by=full).decode("utf-8-sig"))))
    assert len(rows) == 7
