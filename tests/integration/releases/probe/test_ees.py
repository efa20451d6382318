"""The adapter for Explore education statistics reads the page as readers see it, and stores the publisher's times."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import (
    AddressRole,
    CheckOutcome,
    Expectation,
    PublisherSays,
    PublisherState,
    Reason,
    Source,
)
from releases.probe.adapters import get_adapter
from releases.rules.response import Answer, Hop
from statsoffice.fake_publisher import ees as ees_pages
from statsoffice.fake_publisher.scenes import scene

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
OUT = DUE + timedelta(seconds=7)
PUBLICATION = ("pupil-absence", "Pupil absence")
RELEASE = ("2025-26", "Academic year 2025/26")
EARLIER = ("2024-25", "Academic year 2024/25")
SITE = "https://education.example.gov.uk"
PAGE = f"{SITE}/find-statistics/pupil-absence/2025-26"
SUMMARY = "https://content.example.gov.uk/api/publications/pupil-absence/releases/2025-26/version-summary"
FIGURES = "<p>Pupils missed one session in fourteen. Figures are from schools' own registers.</p>" * 9
ADAPTER = get_adapter("ees")
EXPECTED = Expectation(
    AddressRole.PAGE, PAGE, "2025/26", "Pupil absence: Academic year 2025/26", "Pupil absence", due_at=DUE
)


def version(release=RELEASE, *, published=OUT, **fields):
    return ees_pages.summary(PUBLICATION, release, published=published, **fields)


def examined(body, *, url=PAGE, by_way_of=(), status=200, at=DUE + timedelta(seconds=10), expected=EXPECTED):
    kind = "text/html; charset=utf-8"
    if isinstance(body, dict):
        body, kind = json.dumps(body), ees_pages.JSON
    way = (*by_way_of, url)
    return ADAPTER.examine(
        Answer(
            way[0],
            at,
            at,
            at,
            status=status,
            hops=tuple(Hop(each, 200) for each in way),
            final_url=url,
            headers=(("content-type", kind),),
            body=body.encode() if isinstance(body, str) else body,
        ),
        expected,
    )


def shown(finding):
    return finding.result, finding.reasons


@pytest.mark.parametrize("url", [PAGE, SUMMARY, f"{PAGE}/explore"])
def test_the_recorded_address_itself_is_requested(url):
    assert (ADAPTER.address(url), ADAPTER.leads_to(b"{}", url=url)) == (url, "")


def test_a_published_release_is_live_by_its_page_and_gives_the_first_publication():
    finding = examined(ees_pages.page(version(), main=FIGURES))
    assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TEXT,))
    assert finding.publisher == PublisherSays(PublisherState.PUBLISHED, published_at=OUT, source=Source.CHANGE_HISTORY)


def test_a_release_is_live_before_its_time_too():
    out = DUE - timedelta(hours=3)
    page = ees_pages.page(version(published=out), main=FIGURES)
    finding = examined(page, at=DUE - timedelta(hours=2))
    assert finding.result is CheckOutcome.LIVE
    assert finding.publisher.published_at == out


def test_a_later_version_does_not_change_the_first_publication():
    finding = examined(ees_pages.page(version(updated=DUE + timedelta(hours=2)), main=FIGURES))
    assert (finding.publisher.published_at, finding.publisher.source) == (OUT, Source.CHANGE_HISTORY)


def test_a_release_of_long_ago_gives_only_an_update_from_the_due_time_on():
    long_ago, update = DUE - timedelta(days=200), DUE + timedelta(seconds=9)
    finding = examined(ees_pages.page(version(published=long_ago, updated=update), main=FIGURES))
    assert finding.publisher == PublisherSays(
        PublisherState.PUBLISHED, published_at=update, source=Source.PUBLIC_UPDATED_AT
    )
    old = examined(ees_pages.page(version(published=long_ago), main=FIGURES))
    assert old.publisher == PublisherSays(PublisherState.EARLIER_EDITION)


def test_an_unpublished_release_is_missing_for_readers():
    """The site responds in the same way to a release that does not exist and to one that is not yet published."""
    page = ees_pages.page(None, heading="Page not found")
    finding = examined(page, status=404)
    assert (shown(finding), finding.publisher) == ((CheckOutcome.NOT_LIVE, (Reason.NOT_FOUND,)), None)


def test_a_soft_404_is_not_live():
    page = "<!doctype html><title>Page not found</title><main><h1>Page not found</h1><p>Check the address.</p></main>"
    assert shown(examined(page)) == (CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,))


def test_the_address_of_the_publication_leads_to_the_earlier_release_before_the_due_time():
    earlier = version(EARLIER, published=DUE - timedelta(days=365))
    there = f"{SITE}/find-statistics/pupil-absence/2024-25"
    finding = examined(
        ees_pages.page(earlier, main=FIGURES, intro="<p>Next release June 2026</p>"),
        url=there,
        by_way_of=(f"{SITE}/find-statistics/pupil-absence",),
        at=DUE - timedelta(minutes=5),
    )
    assert finding.result is not CheckOutcome.LIVE
    assert finding.publisher == PublisherSays(PublisherState.EARLIER_EDITION)


def test_the_earlier_release_that_links_to_this_one_is_not_live():
    earlier = version(EARLIER, published=DUE - timedelta(days=365), is_latest=False)
    link = "<a>View latest release: Academic year 2025/26</a>"
    there = f"{SITE}/find-statistics/pupil-absence/2024-25"
    finding = examined(ees_pages.page(earlier, main=FIGURES, intro=link), url=there)
    assert finding.result is CheckOutcome.UNRECOGNISED
    assert finding.publisher == PublisherSays(PublisherState.EARLIER_EDITION)


def test_a_summary_of_another_release_is_not_stored():
    page = ees_pages.page(version(("2025-26-autumn", "Autumn term 2025/26")), main=FIGURES)
    assert examined(page).publisher is None


@pytest.mark.parametrize(
    "script",
    [
        "",
        '<script id="__NEXT_DATA__" type="application/json">{"props": ',
        '<script id="__NEXT_DATA__" type="application/json">not JSON</script>',
        '<script id="__NEXT_DATA__" type="application/json">[]</script>',
        '<script id="__NEXT_DATA__" type="application/json">{"props": {"pageProps": 7}}</script>',
        '<script id="__NEXT_DATA__" type="application/json">' + "[" * 100_000 + "</script>",
    ],
    ids=["none", "cut off", "no JSON", "a list", "odd properties", "too deep"],
)
def test_a_page_without_a_readable_summary_is_examined_like_any_page(script):
    page = ees_pages.page(None, title="Academic year 2025/26", heading="Pupil absence", main=FIGURES)
    finding = examined(page.replace("</body>", f"{script}</body>"))
    assert (finding.result, finding.publisher) == (CheckOutcome.LIVE, None)


@pytest.mark.parametrize("odd", [7, None, [], {}, "yesterday", "2026-06-30T08:30:07", "0001-01-01T00:00:00+23:59"])
@pytest.mark.parametrize("field", ["published", "lastUpdated", "isLatestRelease", "slug", "title", "publication"])
def test_an_odd_summary_changes_no_finding(field, odd):
    page = ees_pages.page(version(), main=FIGURES)
    whole = json.dumps(version())
    finding = examined(page.replace(whole, json.dumps(version() | {field: odd})))
    assert finding.result is CheckOutcome.LIVE


@pytest.mark.parametrize("status", [403, 429, 500, 503])
@pytest.mark.parametrize("url", [PAGE, SUMMARY])
def test_an_error_of_the_site_proves_nothing(url, status):
    """(V4)"""
    assert examined(ees_pages.page(version()), url=url, status=status).result is CheckOutcome.UNREACHABLE


class TestSummary:
    """The content API gives the same summary at an address of its own, which an office can record too."""

    def test_a_summary_of_this_release_is_live(self):
        finding = examined(version(), url=SUMMARY)
        assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,))
        assert finding.publisher == PublisherSays(
            PublisherState.PUBLISHED, published_at=OUT, source=Source.CHANGE_HISTORY
        )

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_missing_summary_proves_nothing(self, status):
        """The API responds in the same way if its addresses change."""
        finding = examined({"status": 404, "title": "Not Found"}, url=SUMMARY, status=status)
        assert shown(finding) == (CheckOutcome.UNREACHABLE, (Reason.NOT_FOUND,))

    @pytest.mark.parametrize("body", ["", "[]", "null", '{"slug": "2025-26"}', "<h1>2025/26</h1>", "[" * 100_000])
    def test_an_unknown_form_proves_nothing(self, body):
        assert shown(examined(body, url=SUMMARY)) == (CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))

    def test_a_summary_of_another_release_is_left_to_a_person(self):
        assert shown(examined(version(EARLIER), url=SUMMARY)) == (CheckOutcome.UNRECOGNISED, (Reason.OTHER_PAGE,))

    def test_a_summary_without_the_marker_is_never_not_live(self):
        expected = replace(EXPECTED, marker="Autumn term 2025")
        text = frozenset({examined(version(), url=SUMMARY, expected=expected).text_digest})
        unchanged = replace(expected, texts_not_live=text, texts_before=text)
        assert examined(version(), url=SUMMARY, expected=unchanged).result is CheckOutcome.UNRECOGNISED


def test_the_page_is_requested_and_both_clocks_are_read_through_the_probe(look):
    named = ees_pages.summary(
        ("bus-fares", "Bus fares"), ("2026-june", "June 2026"), published=datetime(2026, 6, 30, 8, 30, 7, tzinfo=UTC)
    )
    path = "/find-statistics/bus-fares/2026-june"
    finding, answer = look("ees", path, {path: scene(ees_pages.page(named, main=FIGURES))})
    assert finding.result is CheckOutcome.LIVE
    assert finding.publisher.published_at == datetime(2026, 6, 30, 8, 30, 7, tzinfo=UTC)
    assert [hop.status for hop in answer.hops] == [200]
