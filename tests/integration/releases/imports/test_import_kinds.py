"""What a file may be, may say and may leave out: kinds of files, rows that are left out, vague dates (C17)."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releases.models import Address, Contact, Release, ReleaseEvent, Series
from tests.support.factories import ProducerFactory, SeriesFactory
from tests.support.import_files import RIGHT, everything, ods_of, xlsx_of

pytestmark = pytest.mark.django_db


def test_told_to_skip_it_leaves_out_the_bad_rows_and_says_which(series, run):
    out, err = run({}, {"status": "late"}, {"scheduled_for": "2098-07-06 09:30", "status": "confirmed"}, skip=True)
    assert [line.split(":")[0] for line in err.splitlines()] == ["Row 3, status", "Row 4, scheduled_for"]
    assert "calendar.csv: 1 recorded, 0 changed, 0 unchanged, 2 refused and left out." in out
    assert Release.objects.get().reference == "rain-june-2098"


def test_what_was_made_for_a_row_that_is_left_out_is_not_kept(run):
    first = {"status": "confirmed", "scheduled_for": "2098-07-06 09:30", "responsible_email": "jo.lane@example.gov.uk"}
    run(first, create=True, skip=True)
    assert everything() == [[], [], [], [], [], [], []]
    SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain", responsible=None)
    run(first, {"responsible_email": "jo.lane@example.gov.uk"}, create=True, skip=True)
    assert Series.objects.get().responsible == Contact.objects.get(email="jo.lane@example.gov.uk")


@pytest.mark.parametrize("of", [xlsx_of, ods_of], ids=["xlsx", "ods"])
def test_a_spreadsheet_is_imported_by_the_same_rules(series, tmp_path, of):
    file = tmp_path / "calendar"
    due = datetime(2098, 7, 1, 9, 30)  # noqa: DTZ001  # as a spreadsheet holds it
    file.write_bytes(of({"scheduled_for": due, "status": "confirmed"}, {"scheduled_for": due, "rehearsal": True}))
    for _ in range(2):
        call_command("import_calendar", str(file), stdout=StringIO())
    found = Release.objects.order_by("pk").values_list("status", "rehearsal", "due_at")
    due_at = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)
    assert list(found) == [("confirmed", False, due_at), ("confirmed", True, due_at)]
    assert ReleaseEvent.objects.filter(kind="recorded").count() == 2


def test_a_vague_date_is_recorded_moves_and_becomes_exact(series, run):
    vague = {"scheduled_for": "2098-07", "precision": "month"}
    run(vague)
    assert str(Release.objects.get().slot) == "July 2098"
    assert "changes nothing" in run({**vague, "scheduled_for": "2098-07-20"})[0]
    assert "date changed from July 2098 to July to August 2098" in run({**vague, "precision": "two_months"})[0]
    assert "date changed from July to August 2098 to 1 July 2098 9:30am" in run({})[0]
    assert "Row 2, scheduled_for: Enter the exact date" in run({**vague, "reference": "b", "status": "confirmed"})[1]


def test_a_release_without_an_address_is_recorded_and_given_one_later(series, run):
    run({"url": ""})
    assert not Address.objects.exists()
    assert "changes nothing" in run({"url": ""})[0]
    assert f"page {RIGHT['url']} added" in run({})[0]


def test_the_announcement_may_be_read_in_another_way_than_the_page(series, run):
    row = {"announcement": "https://www.gov.uk/x", "adapter": "page", "announcement_adapter": "govuk"}
    run(row)
    assert dict(Address.objects.values_list("role", "adapter")) == {"page": "page", "announcement": "govuk"}
    assert "changes nothing" in run(row)[0]


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(CommandError, match=r"^\S+/none\.csv cannot be read: No such file or directory\.$"):
        call_command("import_calendar", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="Is a directory"):
        call_command("import_calendar", str(tmp_path))
