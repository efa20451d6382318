"""A part that is out for a while before its time is found on the page and on every attachment alike (V3)."""

from datetime import UTC, datetime, timedelta

import pytest

from breaches.models import Suspicion
from releases.evidence import embargo
from releases.models import StoredBody, Verification
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support import practice_pages
from tests.support.factories import ReleaseFactory

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
PAGE, SHEET = "/statistics/schools", "/statistics/schools/tables.csv"
OUT_AT, GONE_AT = DUE - timedelta(minutes=31), DUE - timedelta(minutes=29)

pytestmark = [pytest.mark.usefixtures("calendar_at_rest"), pytest.mark.django_db]

WHAT_IS_OUT = {
    PAGE: scene(pages.release_page(TITLE, published="30 June 2020")),
    SHEET: scene(practice_pages.csv_file().decode(), content_type=practice_pages.CSV),
}


@pytest.fixture
def exposed(site, morning_from):
    """Monitor a release of which one part is out for two minutes half an hour before its time, and all is at it."""

    def play(path):
        for each, out in WHAT_IS_OUT.items():
            early = [out | {"from": OUT_AT.isoformat()}, scene(status=404, starts=GONE_AT)] if each == path else []
            site.publish(each, [scene(status=404), *early, out | {"from": DUE.isoformat()}])
        release = ReleaseFactory(
            confirmed=True, title=TITLE, url=site.url(PAGE), due_at=DUE, attachments=(site.url(SHEET),)
        )
        morning_from(DUE - timedelta(minutes=33)).play(DUE - timedelta(minutes=28))
        return release

    return play


@pytest.mark.parametrize(("path", "role"), [(PAGE, "page"), (SHEET, "attachment")], ids=["page", "attachment"])
def test_a_part_that_is_out_for_two_minutes_half_an_hour_before_is_early(exposed, morning_from, path, role):
    release = exposed(path)
    found = Verification.objects.get(release=release)
    assert found.outcome == Outcome.EARLY
    assert {kept["role"]: kept["outcome"] for kept in found.addresses}[role] == "early"
    assert OUT_AT <= found.first_live_at <= GONE_AT
    assert Suspicion.objects.get().kind == "early"
    sealed = set(embargo.seals_on(StoredBody.objects.values_list("sha256", flat=True), now=DUE - timedelta(minutes=20)))
    assert sealed == set(
        StoredBody.objects.filter(address__role=role, why="first_live").values_list("sha256", flat=True)
    )
    morning_from(DUE - timedelta(seconds=20)).play(DUE + timedelta(seconds=135))
    found.refresh_from_db()
    assert found.outcome == Outcome.EARLY
    assert not embargo.seals_on(sealed, now=DUE + timedelta(minutes=3))
