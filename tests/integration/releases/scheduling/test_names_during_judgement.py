"""What a release is known by stays as it is while the verdict on it falls: every check is judged by it (V5)."""

from datetime import timedelta

import pytest

from releases import corrections, scheduling
from releases.models import Producer, Release, ReleaseEvent, Series
from releases.rules.lifecycle import Role
from releases.scheduling import BeingJudged, PlannedAddress
from tests.pages.releases.admin.test_access import series_form
from tests.support.admin_site import NO_DAYS, form_of, page, refusals, said, staff
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member

TITLE = "Another title"
JUST_DUE = timedelta(seconds=1)
DECIDED = timedelta(seconds=120 + 30)
PHRASE = "Not yet available"

pytestmark = pytest.mark.django_db


def retitled(release, *, after):
    return corrections.correct_release(release, title=TITLE, reference=release.reference, by=None, at=SEED_DUE + after)


def on_the_morning(time_machine, *, after=JUST_DUE):
    time_machine.move_to(SEED_DUE + after, tick=False)


def keeper(release):
    return staff(Role.CALENDAR_MANAGER, release.series.producer)


@pytest.mark.parametrize("rehearsal", [False, True], ids=["release", "rehearsal"])
@pytest.mark.parametrize("after", [timedelta(0), DECIDED - timedelta(microseconds=1)], ids=["due", "nearly over"])
def test_no_title_is_corrected_while_the_verdict_falls(after, rehearsal):
    release = ReleaseFactory(confirmed=True, rehearsal=rehearsal)
    events = ReleaseEvent.objects.count()
    with pytest.raises(BeingJudged, match=r"schools-march-2020, which was due at 9:30am\. From 9:32:30am"):
        retitled(release, after=after)
    assert Release.objects.get().title == release.title
    assert ReleaseEvent.objects.count() == events


@pytest.mark.parametrize("after", [-timedelta(microseconds=1), DECIDED], ids=["not yet due", "decided"])
def test_before_and_after_it_is_corrected(after):
    assert retitled(ReleaseFactory(confirmed=True), after=after).title == TITLE


def test_the_person_who_says_meanwhile_that_it_was_live_opens_its_title_by_that_to_no_one(confirmed_release):
    at = SEED_DUE + JUST_DUE
    scheduling.publish(
        confirmed_release,
        by=create_member(Role.STATISTICIAN, confirmed_release.series.producer),
        at=at,
        published_at=at,
    )
    with pytest.raises(BeingJudged):
        retitled(confirmed_release, after=JUST_DUE)


def test_a_release_that_no_one_watches_may_be_called_otherwise_and_so_may_a_reference_be_corrected():
    assert retitled(ReleaseFactory(), after=JUST_DUE).title == TITLE
    watched = ReleaseFactory(confirmed=True, reference="watched", url="https://www.example.gov.uk/watched")
    at = SEED_DUE + JUST_DUE
    assert corrections.correct_release(watched, title=watched.title, reference="b", by=None, at=at).reference == "b"


def test_the_admin_site_says_why_and_keeps_the_title(time_machine, confirmed_release):
    on_the_morning(time_machine)
    response = keeper(confirmed_release).post(
        page("release", "change", confirmed_release.pk), form_of(confirmed_release, title=TITLE)
    )
    assert Release.objects.get().title == confirmed_release.title
    assert "We are checking" in said(response)[0]


def test_the_title_of_a_series_waits_for_the_verdict_on_its_release(time_machine, confirmed_release):
    on_the_morning(time_machine)
    client, address = keeper(confirmed_release), page("series", "change", confirmed_release.series.pk)
    refused = client.post(address, series_form(confirmed_release.series))
    assert "schools-march-2020, which was due at 9:30am" in refusals(refused)["title"][0]
    same = series_form(confirmed_release.series, title=confirmed_release.series.title, designation="in_development")
    assert client.post(address, same).status_code == 302
    on_the_morning(time_machine, after=DECIDED)
    assert client.post(address, series_form(confirmed_release.series)).status_code == 302
    assert Series.objects.get().title == TITLE


def test_the_welsh_title_of_a_series_waits_for_the_verdict_on_its_release(time_machine, confirmed_release):
    on_the_morning(time_machine)
    client, address = keeper(confirmed_release), page("series", "change", confirmed_release.series.pk)
    form = series_form(confirmed_release.series, title=confirmed_release.series.title, welsh_title="Teitl arall")
    assert "schools-march-2020, which was due at 9:30am" in refusals(client.post(address, form))["welsh_title"][0]
    assert Series.objects.get().welsh_title == ""
    on_the_morning(time_machine, after=DECIDED)
    assert client.post(address, form).status_code == 302
    assert Series.objects.get().welsh_title == "Teitl arall"


def may_follow(release, *, minutes):
    """Give a release a Welsh page that may follow."""
    url = "https://www.example.gov.uk/cy"
    planned = PlannedAddress(url, marker="Mawrth 2020", part="welsh_page", may_follow_minutes=minutes)
    scheduling.add_address(release, planned, at=release.recorded_at)


def test_names_stay_until_a_part_that_may_follow_has_its_verdict(time_machine, confirmed_release):
    may_follow(confirmed_release, minutes=60)
    decided = DECIDED + timedelta(hours=1)
    for after in (DECIDED, decided - timedelta(microseconds=1)):
        with pytest.raises(BeingJudged, match=r"was due at 9:30am\. From 10:32:30am, you can change the text"):
            retitled(confirmed_release, after=after)
    on_the_morning(time_machine, after=DECIDED)
    client, address = keeper(confirmed_release), page("series", "change", confirmed_release.series.pk)
    assert "title" in refusals(client.post(address, series_form(confirmed_release.series)))
    assert retitled(confirmed_release, after=decided).title == TITLE


def test_the_day_is_named_if_a_part_may_follow_until_the_next_day(confirmed_release):
    may_follow(confirmed_release, minutes=1440)
    decided = DECIDED + timedelta(days=1)
    with pytest.raises(BeingJudged, match=r"From 9:32:30am on 1 July 2020, you can change the text that identifies it"):
        retitled(confirmed_release, after=decided - timedelta(microseconds=1))
    assert retitled(confirmed_release, after=decided).title == TITLE


def test_a_producers_words_for_what_is_not_there_wait_for_the_verdicts_on_its_releases(time_machine, confirmed_release):
    on_the_morning(time_machine)
    client, address = keeper(confirmed_release), page("producer", "change", confirmed_release.series.producer.pk)
    refused = client.post(address, {"negative_markers": PHRASE, **NO_DAYS})
    assert "schools-march-2020, which was due at 9:30am" in refusals(refused)["negative_markers"][0]
    on_the_morning(time_machine, after=DECIDED)
    assert client.post(address, {"negative_markers": PHRASE, **NO_DAYS}).status_code == 302
    assert Producer.objects.get().phrases_of_absence() == (PHRASE,)


def test_of_another_series_and_another_producer_nothing_waits(time_machine):
    release, other = (
        ReleaseFactory(confirmed=True),
        ReleaseFactory(reference="other", url="https://www.example.gov.uk/other"),
    )
    on_the_morning(time_machine)
    assert release.series.producer != other.series.producer
    assert keeper(other).post(page("series", "change", other.series.pk), series_form(other.series)).status_code == 302
