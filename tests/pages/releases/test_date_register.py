"""The register of changes of date: every change of one's producers, and those on the day of release marked."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from releases import date_changes as releases_date_changes
from releases import overview, scheduling
from releases.models import DateChange, Release
from releases.rules import date_change
from releases.rules.calendar import Precision, Slot
from releases.rules.date_change import Mark
from releases.rules.departure import NO_GROUNDS, Grounds, SlotRefused
from releases.rules.lifecycle import Role
from releases.views import date_changes as views_date_changes
from tests.support.date_requests import LATER, NOW, create_head, person, request_date
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    london_slot,
    rolled_back,
)

pytestmark = pytest.mark.django_db

REGISTER = reverse("releases:changes")
# Half an hour before midnight in London, midnight, and so on: on both sides of the two days of release.
INSTANTS = [
    datetime(2020, month, day, hour, 30, tzinfo=UTC)
    for month, day in ((6, 28), (6, 29), (6, 30), (7, 1), (7, 13), (7, 14))
    for hour in (7, 12, 22, 23)
]


# So late that most instants of its day are before it, because a confirmed release is not moved to a past time.
LATE_IN_THE_EVENING = london_slot(date(2020, 7, 14), time(23, 59))
AGREED = Grounds("OSR 12", date(2020, 5, 4))


def a_change(release, *, at=NOW, to=None, reason="The survey came in late.", grounds=NO_GROUNDS):
    to = to or london_slot(date(2020, 7, 14))
    return scheduling.change_date(release, to=to, reason=reason, by=create_head(release), at=at, grounds=grounds)


def test_a_change_stands_there_with_was_to_reason_who_asked_who_agreed_and_when_it_was_announced(
    client, announced_release
):
    request, head = request_date(announced_release), create_head(announced_release)
    releases_date_changes.agree_to_date_change(request, by=head, at=LATER)
    client.force_login(person(announced_release, Role.AUDITOR))
    text = client.get(REGISTER).text
    for fact in (
        announced_release.title,
        "30 June 2020 9:30am",
        "14 July 2020 9:30am",
        "The survey came in late.",
        str(request.requested_by),
        str(head),
        "1pm on 1 June 2020",
        "6pm on 1 June 2020",
    ):
        assert fact in text


def test_every_role_reads_the_changes_of_its_own_producers_and_no_others(client, subtests):
    mine, theirs = (
        ReleaseFactory(announced=True, title="Mine"),
        ReleaseFactory(announced=True, reference="theirs", title="Theirs"),
    )
    a_change(mine)
    a_change(theirs)
    for role in Role:
        client.force_login(person(mine, role))
        with subtests.test(role):
            text = client.get(REGISTER).text
            assert "Mine" in text
            assert "Theirs" not in text
            assert client.get(REGISTER, {"producer": theirs.series.producer.slug}).status_code == 404


def test_a_heading_sorts_the_register_and_its_file(client):
    first = ReleaseFactory(announced=True, title="apples")
    second = ReleaseFactory(announced=True, reference="second", title="Bees", series=first.series)
    a_change(first, to=london_slot(date(2020, 7, 21)))
    a_change(second, at=NOW + timedelta(hours=1))
    client.force_login(person(first, Role.AUDITOR))
    for sort, titles in (
        ("", ["Bees", "apples"]),
        ("release", ["apples", "Bees"]),
        ("-to", ["apples", "Bees"]),
        ("to", ["Bees", "apples"]),
        ("-requested", ["Bees", "apples"]),
        ("reason", ["Bees", "apples"]),
    ):
        page = client.get(REGISTER, {"sort": sort})
        assert [row["change"].release.title for row in page.context["rows"]] == titles, sort
        assert page.text.count("aria-sort=") == (sort not in {"", "reason"})
    file = client.get(reverse("releases:export_changes", args=["csv"]), {"sort": "release"}).content.decode()
    assert file.index("apples") < file.index("Bees")


def test_the_register_is_narrowed_to_one_producer(client):
    mine, theirs = (
        ReleaseFactory(announced=True, title="Mine"),
        ReleaseFactory(announced=True, reference="other", title="Another"),
    )
    both = person(mine, Role.STATISTICIAN)
    theirs.series.producer.memberships.create(user=both, role=Role.STATISTICIAN)
    a_change(mine)
    a_change(theirs)
    client.force_login(both)
    assert len(client.get(REGISTER).context["rows"]) == 2
    (row,) = client.get(REGISTER, {"producer": theirs.series.producer.slug}).context["rows"]
    assert row["change"].release == theirs


@pytest.mark.both_databases
@pytest.mark.parametrize("status", ["confirmed", "provisional"])
def test_what_is_found_as_on_the_day_of_release_is_exactly_what_is_marked_so(status, subtests):
    release = ReleaseFactory(due_at=SEED_DUE)
    scheduling.announce_release(release, by=None, at=NOW)
    if status == "confirmed":
        scheduling.confirm_release(release, by=None, at=NOW)
    someone = person(release, Role.AUDITOR)
    for at in INSTANTS:
        with subtests.test(f"{at:%d %B %H:%M}"), rolled_back():
            if status == "confirmed" and at >= LATE_IN_THE_EVENING.due_at:
                with pytest.raises(SlotRefused, match="has passed"):
                    a_change(Release.objects.get(), at=at, to=LATE_IN_THE_EVENING, grounds=AGREED)
                continue
            a_change(Release.objects.get(), at=at, to=LATE_IN_THE_EVENING, grounds=AGREED)
            change = DateChange.objects.get()
            marked = Mark.ON_THE_DAY in date_change.date_change_marks(
                change.was, change.to, requested_at=change.requested_at, made_at=change.made_at
            )
            assert marked == ((at + timedelta(hours=1)).date() in {date(2020, 6, 30), date(2020, 7, 14)})
            assert overview.date_changes_of(someone, on_the_day=True).exists() == marked


@pytest.mark.both_databases
def test_the_day_that_counts_is_that_of_the_agreement_and_not_that_of_the_asking(client, announced_release):
    request = request_date(announced_release, at=SEED_DUE - timedelta(days=3))
    releases_date_changes.agree_to_date_change(
        request, by=create_head(announced_release), at=SEED_DUE - timedelta(minutes=5)
    )
    client.force_login(person(announced_release, Role.AUDITOR))
    text = client.get(REGISTER, {"show": "on-the-day"}).text
    assert ">On the day of release<" in text.partition("<table")[2]
    assert "Requested within a day of release" not in text


def test_a_change_asked_for_within_a_day_of_release_is_marked(client, announced_release):
    a_change(announced_release, at=SEED_DUE - timedelta(hours=23))
    client.force_login(person(announced_release, Role.AUDITOR))
    assert "Requested within a day of release" in client.get(REGISTER).text


def test_a_vague_date_has_no_day_of_release():
    release = ReleaseFactory(slot=Slot(date(2020, 6, 1), None, Precision.MONTH))
    to = Slot(date(2020, 7, 1), None, Precision.MONTH)
    scheduling.change_date(release, to=to, by=None, at=NOW)
    someone = person(release, Role.AUDITOR)
    assert not overview.date_changes_of(someone, on_the_day=True).exists()
    assert overview.date_changes_of(someone).count() == 1


def test_rehearsals_are_not_in_the_register():
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    a_change(release)
    assert not overview.date_changes_of(person(release, Role.AUDITOR)).exists()


def test_where_nothing_was_changed_the_register_says_so(client):
    client.force_login(person(ReleaseFactory(announced=True), Role.AUDITOR))
    assert "No dates have changed." in client.get(REGISTER).text
    assert "No dates have changed on the day of release." in client.get(REGISTER, {"show": "on-the-day"}).text


def test_where_the_dates_of_one_producer_were_not_changed_the_register_names_it(client):
    mine, theirs = (
        ReleaseFactory(announced=True, title="Mine"),
        ReleaseFactory(announced=True, reference="other", title="Another"),
    )
    both = person(mine, Role.STATISTICIAN)
    producer = theirs.series.producer
    producer.memberships.create(user=both, role=Role.STATISTICIAN)
    a_change(mine)
    client.force_login(both)
    narrowed = client.get(REGISTER, {"producer": producer.slug}).text
    assert f"No dates have changed for {producer}." in narrowed
    assert "No dates have changed." not in narrowed
    on_the_day = client.get(REGISTER, {"producer": producer.slug, "show": "on-the-day"}).text
    assert f"No dates have changed for {producer} on the day of release." in on_the_day
    assert "No dates have changed on the day of release." not in on_the_day


def test_the_number_of_queries_does_not_grow_with_the_register(
    client, django_assert_max_num_queries, announced_release, monkeypatch
):
    monkeypatch.setattr(views_date_changes, "CHANGES_ON_A_PAGE", 5)
    a_change(announced_release)
    client.force_login(person(announced_release, Role.AUDITOR))
    with django_assert_max_num_queries(8) as few:
        client.get(REGISTER)
    for number in range(6):
        a_change(ReleaseFactory(announced=True, reference=f"r-{number}", series=announced_release.series))
    with django_assert_max_num_queries(len(few)):
        page = client.get(REGISTER)
    assert len(page.context["rows"]) == 5
