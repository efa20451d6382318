"""Planning next year's releases from this year's: nothing before it was shown and ticked, and nothing twice."""

from datetime import UTC, date, datetime

import pytest

from releases.models import Release
from releases.rules.lifecycle import Role
from tests.support.admin_site import act, said, staff
from tests.support.factories import ReleaseFactory, SeriesFactory, london_slot
from tests.support.shared_rows import shared_fixture

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def series():
    return SeriesFactory()


@pytest.fixture
def client(series):
    return staff(Role.CALENDAR_MANAGER, series.producer)


@shared_fixture
def rows(series):
    """Two releases of this year, the second of which would fall on a weekend on the same date."""
    return [
        ReleaseFactory(
            announced=True,
            series=series,
            reference=f"rain-2026-{on:%m}",
            title=f"Rain {on:%B %Y}",
            slot=london_slot(on),
        )
        for on in (date(2026, 7, 14), date(2026, 8, 28))
    ]


def preview(client, rows, rule="same_date"):
    return act(client, "plan_next_year", rows, rule=rule, preview="yes")


def make(client, rows, *, rule="same_date", chosen=None, shown=None):
    keys = [row.pk for row in (rows if chosen is None else chosen)]
    return act(client, "plan_next_year", rows, rule=rule, apply="yes", shown=shown or rule, chosen=keys)


def test_first_the_rule_is_asked_for(client, rows):
    response = act(client, "plan_next_year", rows)
    assert "The same weekday of the month" in response.text
    assert response.context["rows"] is None


def test_what_would_be_planned_is_shown_with_the_reason_where_it_is_moved_and_nothing_is_made(client, rows):
    text = preview(client, rows).text
    for words in ("Rain July 2027", "rain-2027-07", "14 July 2027 9:30am", "31 August 2027 9:30am"):
        assert words in text
    assert "Saturday 28 August 2027 is not a weekday" in text
    assert "The next working day is Tuesday 31 August 2027." in text
    assert "Wednesday</span>" in text
    # Only the first day that cannot be used is named, so that no other one looks like the suggestion.
    assert "30 August 2027 is" not in text
    assert Release.objects.count() == 2


def test_a_date_that_opens_pre_release_access_on_a_rest_day_is_shown_with_that_day(client, series, rows):
    text = preview(client, rows).text
    holiday = "opens at 9:30am on Monday 30 August 2027, a bank holiday (Summer bank holiday)."
    assert text.count("Pre-release access of 24 hours opens") == text.count(holiday) == 1
    monday = ReleaseFactory(series=series, slot=london_slot(date(2026, 7, 13)))
    sunday = (
        "Pre-release access of 24 hours opens at 9:30am on Sunday 11 July 2027. Some producers avoid Mondays for this "
        "reason."
    )
    assert sunday in preview(client, [monday], rule="same_weekday").text


def test_what_is_ticked_is_made_as_provisional(client, rows):
    told = said(make(client, rows, chosen=rows[:1]))
    assert told[0].startswith("1 release planned.")
    new = Release.objects.get(planned_from=rows[0])
    assert (new.reference, new.status, new.announced_at) == ("rain-2027-07", "provisional", None)
    assert Release.objects.count() == 3


def test_a_second_run_makes_nothing_twice(client, rows):
    make(client, rows)
    assert "Next year’s release is already planned" in preview(client, rows).text
    assert "the calendar has changed" in said(make(client, rows))[0]
    assert Release.objects.count() == 4


def test_another_rule_than_the_one_that_was_shown_is_shown_first(client, rows):
    response = make(client, rows, rule="same_weekday", shown="same_date")
    assert "13 July 2027 9:30am" in response.text
    assert Release.objects.count() == 2


def test_nothing_ticked_makes_nothing(client, rows):
    assert said(make(client, rows, chosen=[])) == ["You did not select any releases, so nothing was planned."]
    assert Release.objects.count() == 2


def test_a_rule_that_there_is_not_is_refused(client, rows):
    for rule in ("", "every_full_moon"):
        assert preview(client, rows, rule=rule).context["form"].errors["rule"]
        make(client, rows, rule=rule, shown=rule)
        assert Release.objects.count() == 2


def test_a_reference_can_be_corrected_and_a_wrong_one_is_refused_beside_it(client, rows):
    typed = {f"reference-{rows[0].pk}": "rain in july", f"reference-{rows[1].pk}": "rain-august"}
    fields = {"rule": "same_date", "apply": "yes", "shown": "same_date", "chosen": [row.pk for row in rows]}
    refused = act(client, "plan_next_year", rows, **fields, **typed)
    assert "Enter a reference with only letters, numbers and hyphens." in refused.text
    assert Release.objects.count() == 2
    typed[f"reference-{rows[0].pk}"] = rows[1].reference
    assert "Another release has this reference." in act(client, "plan_next_year", rows, **fields, **typed).text
    assert Release.objects.count() == 2
    typed[f"reference-{rows[0].pk}"] = "rain-july"
    assert said(act(client, "plan_next_year", rows, **fields, **typed))[0].startswith("2 releases planned.")
    assert set(Release.objects.filter(planned_on__year=2027).values_list("reference", flat=True)) == {
        "rain-july",
        "rain-august",
    }


def test_a_reference_with_a_day_names_the_day_of_next_years_release(client, series):
    dated = ReleaseFactory(series=series, reference="rain-2026-09-16", slot=london_slot(date(2026, 9, 16)))
    assert 'value="rain-2027-09-15"' in preview(client, [dated], rule="same_weekday").text


def test_that_the_holidays_are_not_known_yet_is_said(client, series):
    later = ReleaseFactory(series=series, slot=london_slot(date(2039, 7, 13)))
    assert "The bank holidays of 2040 are not known yet" in preview(client, [later]).text


def test_what_was_not_selected_or_is_not_ones_own_is_not_made_by_ticking_it(client, rows):
    foreign = ReleaseFactory(announced=True, reference="foreign-2026", slot=london_slot(date(2026, 9, 16)))
    make(client, rows[:1], chosen=[rows[1]])
    make(client, [*rows[:1], foreign], chosen=[foreign])
    assert Release.objects.count() == 3


def test_who_does_not_keep_the_calendar_plans_nothing(rows, series, subtests):
    for role in sorted(set(Role) - {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}):
        client = staff(role, series.producer)
        with subtests.test(role):
            make(client, rows)
            assert "Plan next year" not in client.get("/admin/releases/release/").text
            assert Release.objects.count() == 2


def test_as_many_as_a_page_shows_can_come_back_from_it(client, rows):
    keys = [rows[0].pk, *range(10_000, 10_999)]
    fields = {"action": "plan_next_year", "_selected_action": keys, "chosen": keys, "rule": "same_date"}
    response = client.post("/admin/releases/release/", fields | {"apply": "yes", "shown": "same_date"})
    assert response.status_code == 302
    assert Release.objects.filter(planned_from=rows[0]).exists()
