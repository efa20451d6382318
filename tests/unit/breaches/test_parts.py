"""Parts of a release in the account and in the annex of a report."""

from dataclasses import replace
from datetime import timedelta

import pytest

from breaches.rules.annex import annex_of, lay_out_annex
from breaches.rules.causes import RecordedCause
from breaches.rules.content import Annex, ReportContent, content_from_json, content_to_json
from breaches.rules.lifecycle import Cause
from breaches.rules.narrative import write_account
from releases.detection.finding import AddressRole
from releases.rules.parts import Part
from releases.verdict.address import Outcome, judge_address
from tests.support.report_evidence import LIVE, NOT_LIVE, UNREACHABLE, address, london, record
from tests.support.report_evidence import make_check_fact as check
from tests.support.seed_case import TITLE

DUE = f"‘{TITLE}’ was due for release at 9:30am on 30 June 2020."
FOLLOWS = timedelta(minutes=15)
WELSH_URL = "https://www.example.gov.uk/cy/ysgolion"


def english(absent="09:29:55", live="09:30"):
    return address(check("09:29", NOT_LIVE), check(absent, NOT_LIVE), check(live, LIVE), part=Part.ENGLISH_PAGE)


def welsh(*looks, may_follow=FOLLOWS, settled=True):
    return address(
        check("09:29", NOT_LIVE),
        *looks,
        url=WELSH_URL,
        part=Part.WELSH_PAGE,
        may_follow=may_follow,
        settled=settled,
    )


def tables(*looks):
    url = "https://www.example.gov.uk/tables.ods"
    return address(check("09:29", NOT_LIVE), *looks, url=url, role=AddressRole.ATTACHMENT, part=Part.TABLES)


FOLLOWED = welsh(check("09:33:50", NOT_LIVE), check("09:34", LIVE))
TOO_LATE = welsh(check("09:47", NOT_LIVE), check("09:52", NOT_LIVE), check("09:52:10", LIVE))
MISSING = welsh(check("09:47", NOT_LIVE), check("09:50", NOT_LIVE))
AWAITED = welsh(check("09:40", NOT_LIVE), settled=False)
LATE = english("09:32", "09:32:30")
LATE_TABLES = tables(check("09:32", NOT_LIVE), check("09:36", NOT_LIVE), check("09:36:05", LIVE))
PAGE_LIVE = "Its English page at www.example.gov.uk was live on time, but our automatic check did not find"

ACCOUNTS = {
    "a Welsh page that followed too late": (
        record(english(), TOO_LATE),
        (
            f"{PAGE_LIVE} its Welsh page at 9:47am, although it was allowed to appear until 9:45am. The Welsh page "
            "appeared between 9:52am and 9:52:10am, just over 7 minutes late and just over 22 minutes after the "
            "English page."
        ),
    ),
    "a Welsh page that is still missing": (
        record(english(), MISSING),
        (
            f"{PAGE_LIVE} its Welsh page at 9:47am, although it was allowed to appear until 9:45am. The Welsh page "
            "had still not appeared at 9:50am, more than 5 minutes late."
        ),
    ),
    "an English page that was late, and a Welsh page that followed in time": (
        record(LATE, welsh(check("09:38", NOT_LIVE), check("09:38:10", LIVE))),
        (
            "At 9:32am our automatic check did not find it on its English page. It appeared "
            "between 9:32am and 9:32:30am, about 2 minutes late, and the Welsh page appeared about 6 minutes after "
            "the English page."
        ),
    ),
    "an English page that was late, while the Welsh page may follow": (
        record(AWAITED, LATE),
        (
            "At 9:32am our automatic check did not find it on its English page. It appeared "
            "between 9:32am and 9:32:30am, about 2 minutes late."
        ),
    ),
    "late tables": (
        record(english(), LATE_TABLES),
        (
            f"{PAGE_LIVE} its tables at 9:32am. The tables appeared between 9:36am and 9:36:05am, just over 6 minutes "
            "late and just over 6 minutes after the English page."
        ),
    ),
    "tables and a Welsh page": (
        record(english(), TOO_LATE, LATE_TABLES),
        (
            f"{PAGE_LIVE} its Welsh page and tables on time. The last of them appeared between 9:52am and 9:52:10am, "
            "and the Welsh page appeared just over 22 minutes after the English page."
        ),
    ),
}


@pytest.mark.parametrize("case", ACCOUNTS)
def test_the_account_names_the_part_and_how_long_after_the_first_it_was(case):
    facts, expected = ACCOUNTS[case]
    assert write_account(facts) == f"{DUE} {expected} The cause has not been recorded."
    assert len(write_account(facts).split()) <= 80


def test_the_outcomes_are_those_of_the_rules():
    outcomes = [facts.outcome for facts, _ in ACCOUNTS.values()]
    assert outcomes == [Outcome.PARTIAL, Outcome.PARTIAL, Outcome.LATE, Outcome.LATE, Outcome.PARTIAL, Outcome.PARTIAL]


def test_an_account_without_room_does_not_say_how_far_apart_the_parts_were():
    long = RecordedCause(Cause.OTHER, " ".join(["word"] * 18))
    account = write_account(record(english(), TOO_LATE), cause=long)
    assert "after the English page" not in account
    assert len(account.split()) <= 80


def test_a_part_that_was_missing_at_the_end_of_its_extra_time_is_not_said_to_be_late_by_an_unknown_time():
    missing = welsh(check("09:30", NOT_LIVE), check("09:45", NOT_LIVE))
    verdict = judge_address(
        [one.sighting for one in missing.checks],
        due_at=london("09:30"),
        limit_at=london("09:45"),
        longest_gap=timedelta(hours=1),
        settled=True,
    )
    facts = replace(record(english(), replace(missing, verdict=verdict)), tolerance_seconds=0)
    assert "The Welsh page had still not appeared at 9:45am. The cause" in write_account(facts)


def test_tables_whose_checks_show_too_little_are_more_than_one_thing():
    facts = record(english(), tables(check("09:30", UNREACHABLE), check("09:33", LIVE)))
    assert (
        "Our automatic checks do not show whether its tables were there on time. They did not find them at 9:29am and "
        "found them at 9:33am."
    ) in write_account(facts)


def laid_out(*addresses):
    return lay_out_annex(annex_of([record(*addresses)]), approved=False)


def test_the_annex_has_a_table_of_the_parts_with_the_time_after_the_first():
    annex = laid_out(english(), FOLLOWED, tables(check("09:30", NOT_LIVE), check("09:30:03", LIVE)), AWAITED)
    assert annex.overview_columns[-1] == "After the first part"
    assert [row[0] for row in annex.overview] == [
        f"{TITLE}: {name}" for name in ("English page", "Welsh page 1", "tables", "Welsh page 2")
    ]
    assert [(row[1], row[-1]) for row in annex.overview] == [
        ("9:30am on 30 June 2020", "This was the first part"),
        (
            "9:30am on 30 June 2020, may follow until 9:45am",
            "Between 3 minutes 50 seconds and 4 minutes 5 seconds after the English page",
        ),
        ("9:30am on 30 June 2020", "Together with the English page, within 8 seconds"),
        ("9:30am on 30 June 2020, may follow until 9:45am", "The checks do not show this"),
    ]
    welsh_page = dict(annex.parts[1].summary)
    assert welsh_page["On time until"] == "9:47am"
    assert dict(annex.parts[0].summary)["On time until"] == "9:32am"
    assert "(shaded): 9:30am to 9:47am" in annex.parts[1].chart.title


def test_several_unnamed_pages_have_numbers_in_the_annex():
    page = address(check("09:29:55", NOT_LIVE), check("09:30:03", LIVE))
    annex = laid_out(page, address(*MISSING.checks, url=WELSH_URL))
    assert [part.heading for part in annex.parts] == [f"{TITLE}: page 1", f"{TITLE}: page 2"]


def test_the_annex_says_that_a_part_is_not_live_yet():
    overview = laid_out(english(), MISSING).overview
    assert overview[1][-1] == "Not yet, more than 20 minutes after the English page"


def test_the_checks_at_the_limit_of_the_part_are_listed():
    looks = [check(london("09:30") + timedelta(minutes=minute), NOT_LIVE) for minute in range(30)]
    listed = laid_out(english(), welsh(*looks, check("10:05", LIVE))).parts[1].checks
    assert {"09:46:00", "09:47:00"} <= {sent for sent, _, _ in listed}


def test_releases_without_named_parts_have_no_such_column_and_the_stored_form_of_before():
    plain = annex_of([record(address(check("09:29", NOT_LIVE), check("09:30", LIVE)), address(url=WELSH_URL))])
    assert "After the first part" not in lay_out_annex(plain, approved=False).overview_columns
    written = content_to_json(ReportContent(annex=plain))
    assert {"after", "follows_until", "limit_at"}.isdisjoint(written["annex"]["outputs"][0]["parts"][0])
    named = ReportContent(annex=Annex(annex_of([record(english(), FOLLOWED)]).outputs))
    assert content_from_json(content_to_json(named)) == named
