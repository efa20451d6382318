"""Of a page of a past year, what GOV.UK states is taken with its field, and what it does not state is not known."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from releases.detection.publisher_calendar import CalendarProblem, read_govuk_page
from releases.detection.year_review import (
    Figure,
    PageKind,
    PageOutcome,
    PageStatement,
    concerns_year,
    find_problem,
    merge_statements,
    state_from_content,
    state_from_search,
)
from releases.rules.canonical import read_dataclass, write_dataclass
from releases.rules.response import Answer, Failure
from statsoffice.fake_publisher import govuk
from statsoffice.fake_publisher.calendars import announcement_result
from tests.support.content_api import gone_document

AT = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)
PATH = "/government/statistics/rain"
API = f"https://www.gov.uk/api/content{PATH}"
PAGES = Path(__file__).parent / "govuk_pages"


def answer(document: object = None, *, status: int | None = 200, **more) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(API, AT, AT, AT, status=status, body=body, **{"final_url": API} | more)


def stated(document, **more) -> PageStatement:
    return state_from_content(answer(document, **more), year=2025)


def publication(**fields):
    return govuk.publication(PATH, "Rain", **{"published_at": AT} | fields)


def figures(statement: PageStatement) -> dict[str, tuple[object, str]]:
    return {
        one.name.value: (one.seconds if one.seconds is not None else one.at or one.text or one.on, one.field)
        for one in statement.figures
    }


def test_the_scheduled_time_and_the_delay_are_gov_uks_own_figures():
    found = stated(publication(scheduled_at=AT, delay_seconds=110))
    assert figures(found) == {
        "scheduled_for": (AT, "publishing_scheduled_at"),
        "delay": (110, "scheduled_publishing_delay_seconds"),
        "first_published": (AT, "first_published_at"),
        "last_updated": (AT, "public_updated_at"),
        "changed": (AT, "details.change_history"),
    }
    assert {one.address for one in found.figures} == {API}
    assert (found.outcome, found.title) == (PageOutcome.READ, "Rain")


def test_what_a_document_does_not_state_is_not_known():
    bare = {"schema_name": "publication", "document_type": "official_statistics", "base_path": PATH, "title": "Rain"}
    assert stated(bare).figures == ()
    assert stated(publication(scheduled_at=AT)).find(Figure.DELAY) is None


@pytest.mark.parametrize("wrong", [-1, True, "110", 1e9, None])
def test_a_delay_that_cannot_be_one_is_not_known(wrong):
    document = publication(scheduled_at=AT) | {"scheduled_publishing_delay_seconds": wrong}
    assert stated(document).find(Figure.DELAY) is None


@pytest.mark.parametrize("written", ["2025-07-01T00:00:00.000+00:00", "2025-07-01T00:00:00+01:00"])
def test_midnight_in_an_older_document_is_a_day_without_a_time(written):
    first = stated(publication() | {"first_published_at": written}).find(Figure.FIRST_PUBLISHED)
    assert first.at is None
    assert first.on.year == 2025


def test_an_offset_is_read_and_the_day_is_londons():
    first = stated(publication() | {"first_published_at": "2025-06-30T23:30:36Z"}).find(Figure.FIRST_PUBLISHED)
    assert first.on == date(2025, 7, 1)


def test_of_a_page_that_is_updated_in_place_only_the_changes_of_the_year_are_taken():
    changes = [
        (datetime(2026, 1, 9, 9, 30, 20, tzinfo=UTC), "Added January."),
        (datetime(2025, 9, 9, 8, 30, 20, tzinfo=UTC), "Added <b>September</b>."),
        (datetime(2025, 3, 9, 9, 30, 20, tzinfo=UTC), "Added March."),
        (datetime(2019, 3, 9, 9, 30, 20, tzinfo=UTC), "First published."),
    ]
    found = stated(publication(published_at=changes[0][0], changes=changes))
    assert [one.text for one in found.find_all(Figure.CHANGED)] == ["Added March.", "Added September ."]
    assert concerns_year(found, 2025)


def test_a_withdrawal_has_its_time_and_its_reason():
    found = stated(publication(withdrawn=(AT, "The figures were <i>wrong</i>."))).find(Figure.WITHDRAWN)
    assert (found.at, found.text, found.field) == (AT, "The figures were wrong .", "withdrawn_notice")


def test_an_announcement_has_its_date_the_date_before_and_the_reason():
    details = {
        "display_date": "20 January 2025 9:30am",
        "previous_display_date": "19 January 2025 9:30am",
        "latest_change_note": "Amended after an error.",
    }
    found = figures(stated(govuk.announcement(PATH, "Rain", **details)))
    assert found == {
        "announced_for": (datetime(2025, 1, 20, 9, 30, tzinfo=UTC), "details.display_date"),
        "state": ("confirmed", "details.state"),
        "date_before": ("19 January 2025 9:30am", "details.previous_display_date"),
        "date_change_note": ("Amended after an error.", "details.latest_change_note"),
    }


def test_the_time_stamp_of_an_announcement_is_named_as_the_source_where_it_counts():
    found = stated(govuk.announcement(PATH, "Rain", due_at=AT)).find(Figure.ANNOUNCED_FOR)
    assert (found.at, found.field) == (AT, "details.release_timestamp")


def test_a_provisional_month_has_no_instant():
    found = stated(govuk.announcement(PATH, "Rain", display_date="January 2025", state="provisional"))
    announced_for = found.find(Figure.ANNOUNCED_FOR)
    assert (announced_for.text, announced_for.at, announced_for.on) == ("January 2025", None, None)
    assert concerns_year(found, 2025)


def test_a_cancelled_announcement_has_the_time_and_the_reason():
    details = {"state": "cancelled", "cancelled_at": "2024-12-17T14:19:42.460Z", "cancellation_reason": "Stopped."}
    found = figures(stated(govuk.announcement(PATH, "Rain", display_date="20 January 2025 9:30am", **details)))
    assert found["cancelled_at"][0] == datetime(2024, 12, 17, 14, 19, 42, 460_000, tzinfo=UTC)
    assert found["cancellation_reason"] == ("Stopped.", "details.cancellation_reason")


@pytest.mark.parametrize(
    ("document", "status", "outcome"),
    [
        (gone_document(PATH), 410, PageOutcome.REMOVED),
        (gone_document(PATH), 200, PageOutcome.REMOVED),
        (b"", 404, PageOutcome.REMOVED),
        (govuk.redirect(PATH, "/elsewhere"), 200, PageOutcome.REDIRECTED),
        (b"<html>", 200, PageOutcome.UNREADABLE),
        (["a list"], 200, PageOutcome.UNREADABLE),
        ({"title": "Rain"}, 200, PageOutcome.UNREADABLE),
        (b"", 422, PageOutcome.UNREADABLE),
    ],
)
def test_a_page_that_is_gone_or_cannot_be_read_is_named_as_such(document, status, outcome):
    assert stated(document, status=status).outcome is outcome


@pytest.mark.parametrize(
    ("status", "failure", "problem"),
    [
        (200, None, None),
        (304, None, None),
        (404, None, None),
        (422, None, None),
        (429, None, CalendarProblem.ASKED_TO_WAIT),
        (None, Failure.ASKED_TO_WAIT, CalendarProblem.ASKED_TO_WAIT),
        (503, None, CalendarProblem.UNREACHABLE),
        (403, None, CalendarProblem.UNREACHABLE),
        (None, Failure.TIMEOUT, CalendarProblem.UNREACHABLE),
        (200, Failure.TOO_LARGE, None),
    ],
)
def test_a_request_is_made_again_only_if_its_response_says_nothing_about_the_page(status, failure, problem):
    assert find_problem(answer(b"", status=status, failure=failure)) is problem


def test_the_date_of_an_announcement_stays_when_it_has_become_a_redirect():
    """The search may list it a little longer, or we read it before it was published."""
    page = json.dumps({"total": 1, "results": [announcement_result("rain", "Rain: March 2025", at=AT)]}).encode()
    (listed,) = read_govuk_page(answer(page)).releases
    earlier = state_from_search(listed, kind=PageKind.ANNOUNCEMENT, address="https://www.gov.uk/api/search.json?x")
    found = merge_statements(earlier, stated(govuk.redirect(PATH, "/government/statistics/rain-march")))
    assert (found.outcome, found.title) == (PageOutcome.REDIRECTED, "Rain: March 2025")
    assert found.find(Figure.MOVED_TO).text == "/government/statistics/rain-march"
    announced_for = found.find(Figure.ANNOUNCED_FOR)
    assert (announced_for.at, announced_for.field) == (AT, "release_timestamp")
    assert announced_for.address.startswith("https://www.gov.uk/api/search.json")


def test_a_page_that_is_read_again_has_its_newer_figures_alone():
    first = stated(publication(scheduled_at=AT, delay_seconds=110))
    again = merge_statements(first, stated(publication()))
    assert again.find(Figure.DELAY) is None
    assert [one.name for one in again.figures].count(Figure.FIRST_PUBLISHED) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"published_at": datetime(2026, 1, 9, 9, 30, 20, tzinfo=UTC)}, False),
        ({"published_at": datetime(2025, 12, 31, 23, 59, tzinfo=UTC)}, True),
        # It changed before and after the year, and its history has no entry in it.
        (
            {
                "published_at": datetime(2026, 1, 9, 9, 30, 20, tzinfo=UTC),
                "first_published_at": datetime(2019, 1, 9, 9, 30, 20, tzinfo=UTC),
            },
            False,
        ),
        # Without a history it may have changed in the year.
        (
            {
                "published_at": datetime(2026, 1, 9, 9, 30, 20, tzinfo=UTC),
                "first_published_at": datetime(2019, 1, 9, 9, 30, 20, tzinfo=UTC),
                "changes": [],
            },
            True,
        ),
        # Scheduled in the year, whatever its other dates are.
        ({"published_at": datetime(2026, 1, 9, 9, 30, 20, tzinfo=UTC), "scheduled_at": AT}, True),
    ],
)
def test_a_page_is_left_out_only_if_gov_uks_own_dates_place_it_outside_the_year(fields, expected):
    assert concerns_year(stated(publication(**fields)), 2025) is expected
    assert concerns_year(PageStatement(PageOutcome.REMOVED), 2025)


class TestWrittenOutPages:
    """Documents with the keys of GOV.UK's published examples, which our own fake publisher does not write."""

    def read(self, name, *, year=2025):
        body = (PAGES / f"{name}.json").read_bytes()
        address = f"https://www.gov.uk/api/content{json.loads(body)['base_path']}"
        return state_from_content(Answer(address, AT, AT, AT, status=200, body=body, final_url=address), year=year)

    def test_a_publication_has_its_first_time_and_the_changes_of_the_year(self):
        found = self.read("publication-with-history")
        assert figures(found) == {
            "first_published": (datetime(2025, 2, 11, 9, 30, 21, tzinfo=UTC), "first_published_at"),
            "last_updated": (datetime(2026, 1, 20, 9, 31, 2, tzinfo=UTC), "public_updated_at"),
            "changed": (datetime(2025, 7, 15, 8, 30, 18, tzinfo=UTC), "details.change_history"),
        }
        changes = ["First published.", "Added a note about boots."]
        assert [one.text for one in found.find_all(Figure.CHANGED)] == changes
        assert (found.outcome, found.title) == (PageOutcome.READ, "Puddle depths: winter 2024")
        assert concerns_year(found, 2025)
        assert not concerns_year(self.read("publication-with-history", year=2024), 2024)

    def test_a_scheduled_publication_has_its_delay_and_no_first_time_from_an_older_field(self):
        found = self.read("scheduled-publication")
        assert figures(found) == {
            "scheduled_for": (datetime(2025, 5, 20, 8, 30, tzinfo=UTC), "publishing_scheduled_at"),
            "delay": (104, "scheduled_publishing_delay_seconds"),
            "last_updated": (datetime(2025, 5, 20, 8, 31, 44, tzinfo=UTC), "public_updated_at"),
        }
        assert not found.has_history

    def test_a_withdrawn_data_set_has_its_notice_and_a_change_of_a_day_alone(self):
        found = self.read("withdrawn-data-set")
        assert found.find(Figure.WITHDRAWN).text == "These tables were replaced by Puddles by town"
        assert found.find(Figure.WITHDRAWN).at == datetime(2025, 10, 3, 14, 20, tzinfo=UTC)
        assert found.find_all(Figure.CHANGED) == ()
        assert concerns_year(found, 2025), "it was withdrawn in the year"
        (first,) = self.read("withdrawn-data-set", year=2023).find_all(Figure.CHANGED)
        assert (first.text, first.at, first.on) == ("First published.", None, date(2023, 6, 20))

    def test_an_announcement_has_its_date_and_the_change_of_it(self):
        assert figures(self.read("changed-announcement")) == {
            "announced_for": (datetime(2025, 6, 24, 8, 30, tzinfo=UTC), "details.display_date"),
            "state": ("confirmed", "details.state"),
            "date_before": ("17 June 2025 9:30am", "details.previous_display_date"),
            "date_change_note": ("The boots arrived a week late.", "details.latest_change_note"),
        }


def test_a_statement_is_stored_and_read_back_unchanged():
    withdrawn = publication(scheduled_at=AT, delay_seconds=0, withdrawn=(AT, "Wrong."))
    for found in (stated(withdrawn), stated(govuk.redirect(PATH, "/x")), PageStatement()):
        assert read_dataclass(PageStatement, json.loads(json.dumps(write_dataclass(found)))) == found
