"""The demonstration has lists of pre-release access, of invented people only, in every state that a visitor may see."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.validators import validate_email
from django.urls import reverse

from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from statsoffice import demo
from statsoffice.fake_publisher.client import rehearsal_site
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

# A Wednesday, so that the release of the next day is due within a day.
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def practice_site():
    with rehearsal_site() as site:
        yield site


@shared_fixture
def demonstration(practice_site):
    demo.set_up_offices()
    demo.set_up_calendar(now=NOW, site=practice_site)


def test_what_was_published_has_a_list_with_times_that_readers_see_without_names(demonstration, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    published = Release.objects.filter(status="published", series__slug__in=demo.ACCESS_SERIES)
    assert published.count() == 6
    for release in published:
        entries = release.pre_release_access.all()
        assert {(entry.status, entry.ended_at) for entry in entries} == {("ended", release.due_at)}
        assert all(entry.began_at == entry.begins_at and not entry.oddities for entry in entries)
        page = client.get(reverse("releases:pre_release", args=[release.reference])).text
        for details in demo.LISTED:
            assert details.post in page
            assert details.person not in page


def test_what_comes_next_has_a_list_and_one_post_waits_for_agreement(demonstration):
    (waiting,) = PreReleaseRequest.objects.filter(status="waiting")
    assert (waiting.post, waiting.release.series.slug) == (demo.ADDED_LATER.post, "air-quality")
    assert waiting.release.due_at - NOW < timedelta(days=1)
    coming = Release.objects.filter(status="confirmed", pre_release_access__isnull=False).distinct()
    assert set(coming.values_list("series__slug", flat=True)) == set(demo.ACCESS_SERIES)


def test_people_are_invented_and_a_second_run_adds_nothing(demonstration, practice_site):
    def stored():
        return list(PreReleaseAccess.objects.values()), list(PreReleaseRequest.objects.values())

    before = stored()
    demo.set_up_calendar(now=NOW + timedelta(minutes=5), site=practice_site)
    assert stored() == before
    for details in (*demo.LISTED, demo.ADDED_LATER):
        validate_email(details.email)
        assert re.fullmatch(r"[a-z.]+@example\.gov\.uk", details.email)
