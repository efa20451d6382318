"""What the digests of a table cover may change from version to version: existing rows stay as they were recorded."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releases import corrections
from releases.models import Release, ReleaseRowRecord
from releases.models.event import MOVED, OF_RELEASE, UPGRADE, Table
from tests.integration.tampering.changes import change
from tests.integration.tampering.verifying import apply, verify
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, rolled_back

pytestmark = pytest.mark.django_db

ONE_COLUMN_MORE = Table(
    "releases.Release",
    (*OF_RELEASE, "planned_from_id"),
    changed_by=MOVED,
    deleted_by={"removed"},
    earlier=[OF_RELEASE],
)
TITLE_CHANGED = change("", "", "UPDATE releases_release SET title = 'Another'")


@pytest.fixture
def release():
    return ReleaseFactory(confirmed=True)


@pytest.fixture
def later_version(release, monkeypatch):
    others = [table for table in ReleaseRowRecord.TABLES if table.model is not Release]
    monkeypatch.setattr(ReleaseRowRecord, "TABLES", [ONE_COLUMN_MORE, *others])


@pytest.mark.usefixtures("later_version")
def test_rows_of_an_earlier_format_are_checked_by_it(release):
    assert verify() == ("", False)
    with rolled_back():
        apply(TITLE_CHANGED)
        assert f"releases.release {release.pk} was changed" in verify()[0]


@pytest.mark.usefixtures("later_version")
def test_a_row_that_changes_is_recorded_in_the_present_format(release):
    other = ReleaseFactory(confirmed=True, series=release.series, reference="other")
    corrections.correct_release(
        release, title="Another", reference=release.reference, by=None, at=SEED_DUE - timedelta(days=1)
    )
    digests = ReleaseRowRecord.objects.latest("position").digests["releases.release"]
    assert digests[str(release.pk)].startswith("2:")
    assert verify() == ("", False)
    with rolled_back():
        Release.objects.filter(pk=release.pk).update(planned_from=other)
        assert f"releases.release {release.pk} was changed after it was recorded" in verify()[0]


def test_the_rows_of_a_new_table_are_recorded_by_a_command(monkeypatch):
    series = [SeriesFactory(), SeriesFactory()]
    monkeypatch.setattr(ReleaseRowRecord, "TABLES", [*ReleaseRowRecord.TABLES, Table("releases.Series", ("title",))])
    assert f"releases.series {series[0].pk} was added" in verify()[0]
    for told in ("releases.series: 2 rows recorded\n", "releases.series: 0 rows recorded\n"):
        out = StringIO()
        call_command("record_rows", "releases.series", stdout=out)
        assert out.getvalue() == told
    assert ReleaseRowRecord.objects.latest("position").why == UPGRADE
    assert verify() == ("", False)


def test_a_table_without_digests_is_not_recorded():
    with pytest.raises(CommandError, match=r"releases\.task is not a table whose rows are recorded\. Use a name"):
        call_command("record_rows", "releases.task")
