"""From a release to the next of its series, on its public page and on that for its producer's people (B17)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from releases import scheduling, tasks
from releases.models import Release
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.date_requests import NOW, create_head
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db


@shared_fixture
def series():
    return SeriesFactory()


@shared_fixture
def release(series):
    return ReleaseFactory(announced=True, series=series)


def later(series, reference, on=date(2020, 9, 29), *, announced=True, **fields):
    return ReleaseFactory(
        announced=announced,
        series=series,
        reference=reference,
        title=f"Title {reference}",
        slot=london_slot(on),
        **fields,
    )


def page_of(release):
    return reverse("releases:release", args=[release.reference])


def test_the_next_of_the_series_is_linked_with_its_date(client, series, release):
    later(series, "far", date(2020, 12, 15))
    near = later(series, "near")
    later(SeriesFactory(), "of-another-series", date(2020, 7, 2))
    text = client.get(page_of(release)).text
    assert f'href="{page_of(near)}"' in text
    assert "29 September 2020 9:30am" in text
    assert "Title far" not in text
    assert "Title of-another-series" not in text
    assert f'href="{page_of(release)}"' not in client.get(page_of(near)).text


def test_the_last_of_a_series_links_to_nothing(client, release):
    assert "Next release of this series" not in client.get(page_of(release)).text


def test_a_cancelled_release_links_on_and_is_never_the_next(client, series, release):
    stopped, after = later(series, "stopped"), later(series, "after", date(2020, 12, 15))
    scheduling.cancel_release(stopped, reason="Not needed", by=create_head(stopped), at=NOW)
    for of in (release, stopped):
        assert f'href="{page_of(after)}"' in client.get(page_of(of)).text


def test_a_vague_next_release_is_linked_by_its_month(client, series, release):
    vague = ReleaseFactory(
        series=series, reference="vague", slot=Slot(date(2020, 9, 1), None, Precision.MONTH), title="Vaguely planned"
    )
    scheduling.announce_release(vague, by=None, at=NOW)
    text = client.get(page_of(release)).text
    assert "Vaguely planned" in text
    assert "September 2020" in text


def test_what_is_not_announced_is_named_to_the_producers_own_people_alone(client, series, release):
    quiet = later(series, "quiet", announced=False)
    public = later(series, "public", date(2020, 12, 15))
    text = client.get(page_of(release)).text
    assert "Title quiet" not in text
    assert f'href="{page_of(public)}"' in text
    client.force_login(create_member(Role.STATISTICIAN, series.producer))
    text = client.get(page_of(release)).text
    assert "Next planned release of the series" in text
    assert f'href="{page_of(quiet)}"' in text


def test_a_rehearsal_is_nobodys_next_and_has_none(client, series, release):
    rehearsal = later(series, "rehearsed", announced=False, confirmed=True, rehearsal=True)
    later(series, "far", date(2020, 12, 15))
    assert tasks.planned_after(release).reference == "far"
    assert tasks.planned_after(rehearsal) is None


def test_of_two_on_the_same_day_each_is_reached(series, release):
    second = ReleaseFactory(announced=True, series=series, reference="second")
    assert tasks.announced_after(release) == second
    assert tasks.announced_after(second) is None


LONDON_MIDNIGHT = datetime(2020, 6, 30, 23, 0, tzinfo=UTC)
PLANNED = [
    pytest.param(Slot(date(2020, 6, 30), None, Precision.EXACT), date(2020, 6, 30), id="a-day"),
    pytest.param(Slot(date(2020, 6, 1), None, Precision.MONTH), date(2020, 6, 30), id="a-month"),
    pytest.param(Slot(date(2020, 6, 17), None, Precision.MONTH), date(2020, 6, 30), id="a-month-by-any-day"),
    pytest.param(Slot(date(2020, 5, 31), None, Precision.TWO_MONTHS), date(2020, 6, 30), id="two-months"),
    pytest.param(Slot(date(2020, 6, 1), None, Precision.TWO_MONTHS), date(2020, 7, 31), id="two-months-not-over"),
    pytest.param(Slot(date(2020, 12, 1), None, Precision.TWO_MONTHS), date(2021, 1, 31), id="across-new-year"),
]


@pytest.mark.parametrize(("slot", "last"), PLANNED)
def test_a_date_is_past_once_its_last_day_is_over_in_london(slot, last):
    assert slot.last_day == last
    midnight = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    summer = timedelta(hours=1 if last.month in range(4, 11) else 0)
    assert not slot.is_past(now=midnight - summer - timedelta(seconds=1))
    assert slot.is_past(now=midnight - summer)


@pytest.mark.parametrize(("slot", "last"), PLANNED)
@pytest.mark.parametrize("now", [LONDON_MIDNIGHT - timedelta(seconds=1), LONDON_MIDNIGHT], ids=["30-june", "1-july"])
def test_what_is_found_as_left_provisional_is_exactly_what_is_past(slot, last, now):
    if slot.precision is Precision.EXACT:
        slot = london_slot(slot.on)
    ReleaseFactory(slot=slot)
    assert Release.objects.left_provisional(now=now).exists() == slot.is_past(now=now)
