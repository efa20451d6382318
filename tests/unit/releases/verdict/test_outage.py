"""An outage of a website: all of its pages of one minute without a usable response, and nothing else."""

from datetime import timedelta

import pytest

from releases.detection.finding import AddressRole, Reason
from releases.verdict.address import AddressVerdict, BeforeDue, Outcome
from releases.verdict.outage import Outage, PageState, group_outages, has_no_response
from releases.verdict.release import AddressResult
from tests.support.factories import SEED_DUE

HOST = "www.example.gov.uk"


def page(release, *, producer=1, host=HOST, due_at=SEED_DUE, fails=True):
    return PageState(release, producer, host, due_at, fails)


def result(*reasons, outcome=Outcome.CANNOT_TELL):
    verdict = AddressVerdict(
        outcome=outcome,
        before=BeforeDue.NOTHING,
        from_due=outcome,
        last_not_live_at=None,
        first_live_at=None,
        live_before_due_at=None,
        delay=None,
    )
    return AddressResult(
        1, f"https://{HOST}/1", AddressRole.PAGE, True, verdict, timedelta(seconds=30), reasons=tuple(reasons)
    )


def test_two_releases_of_one_host_and_minute_without_a_response_are_an_outage():
    assert group_outages([page(1), page(2)]) == [Outage(1, HOST, SEED_DUE, (1, 2))]


@pytest.mark.parametrize(
    "pages",
    [
        [],
        [page(1)],
        [page(1), page(1)],
        [page(1), page(2, fails=False)],
        [page(1), page(2), page(3, fails=False)],
        [page(1), page(2, host="other.example.gov.uk")],
        [page(1), page(2, due_at=SEED_DUE + timedelta(minutes=1))],
        [page(1), page(2, producer=2)],
    ],
    ids=["none", "one", "two pages of one", "one responds", "a third responds", "hosts", "minutes", "producers"],
)
def test_anything_less_is_no_outage(pages):
    assert group_outages(pages) == []


@pytest.mark.parametrize("reason", ["timeout", "dns", "connect", "tls", "broken", "server_error"])
def test_a_failure_of_the_website_is_no_response(reason):
    assert has_no_response(result(Reason(reason)))


@pytest.mark.parametrize(
    "reasons",
    [
        (),
        (Reason.CONTROLS_FAIL,),
        (Reason.TIMEOUT, Reason.CONTROLS_FAIL),
        (Reason.OUR_ERROR,),
        (Reason.CLOCK_OFF,),
        (Reason.SERVER_ERROR, Reason.CLOCK_OFF),
        (Reason.EXAMINATION_TIME,),
        (Reason.ASKED_TO_WAIT,),
        (Reason.RATE_LIMITED,),
        (Reason.FORBIDDEN,),
        (Reason.NO_MARKER,),
        (Reason.NOT_FOUND,),
    ],
)
def test_our_own_faults_and_refusals_of_our_checks_are_never_an_outage(reasons):
    assert not has_no_response(result(*reasons))


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.CANNOT_TELL])
def test_a_page_that_was_judged_is_no_outage_whatever_its_last_check_says(outcome):
    assert not has_no_response(result(Reason.TIMEOUT, outcome=outcome))
