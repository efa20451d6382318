"""The adapter for the ONS reads the state of a release from its data, and the page itself where there are none."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome, Expectation, PublisherSays, PublisherState, Reason
from releases.probe.adapters import get_adapter
from releases.rules.response import Answer, Hop
from statsoffice.fake_publisher import ons as ons_pages
from statsoffice.fake_publisher.scenes import scene

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
PATH = "/releases/busfaresjune2026"
SITE = "https://www.example.gov.uk"
PAGE, DATA = f"{SITE}{PATH}", f"{SITE}{PATH}/data"
TITLE = "Bus fares: June 2026"
ADAPTER = get_adapter("ons")
EXPECTED = Expectation(AddressRole.PAGE, PAGE, "June 2026", TITLE, "Bus fares", due_at=DUE)


def examined(data, *, status=200, url=DATA, at=DUE + timedelta(seconds=10), expected=EXPECTED):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return ADAPTER.examine(
        Answer(
            url,
            at,
            at,
            at,
            status=status,
            hops=(Hop(url, status),),
            final_url=url,
            headers=(("content-type", ons_pages.JSON),),
            body=body,
        ),
        expected,
    )


def shown(finding):
    return finding.result, finding.reasons


def release(title=TITLE, **fields):
    return ons_pages.data(PATH, title, **({"due_at": DUE} | fields))


@pytest.mark.parametrize(
    ("url", "requested"),
    [
        (PAGE, DATA),
        (f"{PAGE}/", DATA),
        (DATA, DATA),
        (f"{SITE}/cy{PATH}", f"{SITE}/cy{PATH}/data"),
        (f"{SITE}/economy/bulletins/busfares/june2026", f"{SITE}/economy/bulletins/busfares/june2026"),
    ],
    ids=["page", "final slash", "data", "Welsh", "a bulletin, which is read as a page"],
)
def test_the_data_of_a_release_page_are_requested(url, requested):
    assert ADAPTER.address(url) == requested


def test_an_announced_release_is_not_live_and_gives_its_time():
    finding = examined(release())
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.ANNOUNCEMENT,))
    assert finding.publisher == PublisherSays(PublisherState.ANNOUNCED, announced_for=DUE)


def test_an_unpublished_release_leaves_no_text_that_could_count_as_unchanged_after_publication():
    assert examined(release(), at=DUE - timedelta(hours=1)).text_digest == ""


def test_a_moved_release_gives_its_new_time_and_the_last_reason():
    later = DUE + timedelta(days=7)
    changes = [(DUE - timedelta(days=7), "More time to collect."), (DUE, "Checks of the <b>data</b> are not complete.")]
    finding = examined(release(due_at=later, date_changes=changes))
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.MOVED,))
    assert finding.publisher == PublisherSays(
        PublisherState.MOVED, announced_for=later, change_note="Checks of the data are not complete."
    )


@pytest.mark.parametrize(
    ("provisional", "finalised", "state"),
    [
        ("June 2026", False, PublisherState.ANNOUNCED),
        ("June 2026", True, PublisherState.ANNOUNCED),
        ("June to July 2026", False, PublisherState.ANNOUNCED),
        ("September 2026", False, PublisherState.MOVED),
        ("to be confirmed", False, PublisherState.ANNOUNCED),
        ("", False, PublisherState.ANNOUNCED),
    ],
)
def test_a_provisional_date_is_compared_as_precisely_as_it_is_given(provisional, finalised, state):
    """The release date of a provisional release is a placeholder, and the page shows the provisional date."""
    placeholder = DUE + timedelta(days=3)
    finding = examined(release(due_at=placeholder, provisional_date=provisional, finalised=finalised))
    assert finding.result is CheckOutcome.NOT_LIVE
    assert finding.publisher == PublisherSays(state, announced_text=provisional)


def test_a_cancelled_release_is_not_live_and_gives_the_notice():
    finding = examined(release(cancelled=True, cancellation_notice=["The survey has ended.", "See our note."]))
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.CANCELLED,))
    assert finding.publisher == PublisherSays(
        PublisherState.CANCELLED, change_note="The survey has ended. See our note."
    )


def test_a_release_that_is_both_published_and_cancelled_accuses_no_one():
    finding = examined(release(published=True, cancelled=True))
    assert shown(finding) == (CheckOutcome.UNRECOGNISED, (Reason.CANCELLED,))


def test_a_published_release_of_this_edition_is_live_and_gives_no_time_of_publication():
    """`release_date` is the announced time, which says nothing of when it was published."""
    finding = examined(release(published=True))
    assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,))
    assert finding.publisher == PublisherSays(PublisherState.PUBLISHED)


def test_a_published_release_can_be_identified_by_the_title_of_its_publication():
    finding = examined(release("Bus fares", published=True, documents=["Bus fares in the regions: June 2026"]))
    assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TEXT,))


@pytest.mark.parametrize("title", ["Bus fares: May 2026", "Bus fares"], ids=["an earlier edition", "no edition"])
def test_a_published_release_without_the_marker_is_left_to_a_person(title):
    finding = examined(release(title, published=True))
    assert finding.result is CheckOutcome.UNRECOGNISED


def test_an_unchanged_published_release_is_not_called_an_earlier_edition():
    """Each release has a page of its own: it may have been published before the first check."""
    data = release("Bus fares", published=True)
    before = examined(data, at=DUE - timedelta(hours=1)).text_digest
    expected = replace(EXPECTED, texts_not_live=frozenset({before}), texts_before=frozenset({before}))
    assert shown(examined(data, expected=expected)) == (CheckOutcome.UNRECOGNISED, (Reason.UNCHANGED,))


def test_a_person_can_identify_a_published_release_and_an_earlier_one():
    data = release("Bus fares", published=True)
    text = frozenset({examined(data).text_digest})
    this = examined(data, expected=replace(EXPECTED, confirmed_texts=text))
    assert shown(this) == (CheckOutcome.LIVE, (Reason.CONFIRMED_BY_PERSON,))
    earlier = examined(data, expected=replace(EXPECTED, previous_edition_texts=text))
    assert shown(earlier) == (CheckOutcome.NOT_LIVE, (Reason.PREVIOUS_EDITION,))


def test_data_of_another_release_are_left_to_a_person():
    data = release(published=True) | {"uri": "/releases/trainfaresjune2026"}
    assert shown(examined(data)) == (CheckOutcome.UNRECOGNISED, (Reason.OTHER_PAGE,))


@pytest.mark.parametrize("status", [404, 410])
def test_data_that_are_switched_off_prove_nothing(status):
    assert shown(examined(b"This endpoint is retired.", status=status)) == (
        CheckOutcome.UNREACHABLE,
        (Reason.NOT_FOUND,),
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, Reason.FORBIDDEN),
        (429, Reason.RATE_LIMITED),
        (500, Reason.SERVER_ERROR),
        (503, Reason.SERVER_ERROR),
    ],
)
def test_an_error_of_the_site_proves_nothing(status, reason):
    """(V4)"""
    assert shown(examined(release(), status=status)) == (CheckOutcome.UNREACHABLE, (reason,))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"description": []}',
        b'{"description": {"published": "no", "cancelled": false, "finalised": true}}',
        b'{"description": {"published": false, "cancelled": false}}',
        json.dumps({"description": {"published": False, "cancelled": False, "finalised": False}}).encode(),
        json.dumps(release("")).encode(),
        json.dumps(release() | {"uri": ""}).encode(),
        b"<!doctype html><h1>June 2026</h1>",
        b"[" * 100_000,
        b"\xff\xfe\xff",
    ],
    ids=[
        "empty",
        "list",
        "null",
        "no object",
        "a text for a flag",
        "no flag",
        "zero values",
        "no title",
        "no path",
        "page",
        "too deep",
        "no text",
    ],
)
def test_data_of_an_unknown_form_prove_nothing_and_lead_to_the_page(body):
    assert shown(examined(body)) == (CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))
    assert ADAPTER.leads_to(body, url=DATA) == PAGE


@pytest.mark.parametrize("odd", [7, None, [], {}, [7], [{}], "2026-06-30T08:30", "9999-12-31T23:59:59-23:59"])
@pytest.mark.parametrize(
    "field", ["title", "summary", "release_date", "provisional_date", "cancellation_notice", "migration_link"]
)
def test_an_odd_value_does_not_make_a_release_live(field, odd):
    finding = examined(release(published=False) | {"description": release()["description"] | {field: odd}})
    is_release = field != "title" or isinstance(odd, str)
    assert finding.result is (CheckOutcome.NOT_LIVE if is_release else CheckOutcome.UNREACHABLE)
    leads_to = ADAPTER.leads_to(json.dumps(release(**{field: odd})).encode(), url=DATA)
    assert leads_to in (("", odd) if is_release else (PAGE,))


def test_only_missing_data_have_a_page_to_fall_back_to():
    assert (ADAPTER.fallback(DATA), ADAPTER.fallback(PAGE)) == (PAGE, "")
    assert {get_adapter(name).fallback(DATA) for name in ("page", "govuk", "ees")} == {""}


class TestThroughTheProbe:
    """The same over real HTTP, with the address as it is recorded: that of the page."""

    def test_data_decide_where_they_are_given(self, look):
        finding, answer = look("ons", PATH, {f"{PATH}/data": scene(json.dumps(release()), content_type=ons_pages.JSON)})
        assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.ANNOUNCEMENT,))
        assert [hop.url.partition("/releases")[2] for hop in answer.hops] == ["/busfaresjune2026/data"]

    @pytest.mark.parametrize(
        ("readers_get", "result"),
        [
            (scene(ons_pages.page(TITLE, note="This release is not yet published")), CheckOutcome.NOT_LIVE),
            (scene(ons_pages.page(TITLE, main="<p>Fares rose in June 2026.</p>" * 9)), CheckOutcome.LIVE),
            (scene("<h1>Page not found</h1>", status=404), CheckOutcome.NOT_LIVE),
            (scene("", status=503), CheckOutcome.UNREACHABLE),
        ],
        ids=["announced", "published", "missing", "failing"],
    )
    @pytest.mark.parametrize("status", [404, 410])
    def test_the_page_is_checked_where_the_data_are_switched_off(self, look, status, readers_get, result):
        off = scene("The release data endpoint is retired.", status=status, content_type=ons_pages.JSON)
        finding, answer = look("ons", PATH, {f"{PATH}/data": off, PATH: readers_get})
        assert (finding.result, finding.publisher) == (result, None)
        assert [hop.status for hop in answer.hops] == [status, readers_get["status"]]

    def test_a_migrated_release_is_followed_by_redirect_to_its_page(self, look):
        moved = scene("", status=308, headers={"Location": "/statistics/busfares"})
        page = scene(ons_pages.page(TITLE, main="<p>Fares rose in June 2026.</p>" * 9))
        finding, answer = look("ons", PATH, {f"{PATH}/data": moved, "/statistics/busfares": page})
        assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,))
        assert [hop.status for hop in answer.hops] == [308, 200]

    def test_a_migrated_release_is_followed_by_the_link_in_its_data(self, look):
        """The page of a migrated release redirects; its data only contain the link."""
        data = scene(json.dumps(release(migration_link="/statistics/busfares")), content_type=ons_pages.JSON)
        page = scene(ons_pages.page(TITLE, note="This release is not yet published"))
        finding, _ = look("ons", PATH, {f"{PATH}/data": data, "/statistics/busfares": page})
        assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,))

    def test_a_release_migrated_to_another_host_is_left_to_a_person(self, look):
        data = scene(json.dumps(release(migration_link="https://new.example.gov.uk/x")), content_type=ons_pages.JSON)
        finding, answer = look("ons", PATH, {f"{PATH}/data": data})
        assert shown(finding) == (CheckOutcome.UNRECOGNISED, (Reason.OTHER_HOST,))
        assert answer.final_url == "https://new.example.gov.uk/x"
