"""Builders of records: checks by London's clock on the seed's day, judged by the real rules."""

from datetime import datetime, timedelta

from breaches.rules.facts import AddressFacts, CheckFact, Facts
from releases.detection.finding import AddressRole, CheckOutcome
from releases.rules.calendar import LONDON
from releases.rules.parts import Part
from releases.verdict.address import Sighting, judge_address
from releases.verdict.release import combine_addresses
from tests.support.seed_case import TITLE, URL

TOLERANCE = 120
NOT_LIVE, LIVE = CheckOutcome.NOT_LIVE, CheckOutcome.LIVE
UNREACHABLE, UNRECOGNISED = CheckOutcome.UNREACHABLE, CheckOutcome.UNRECOGNISED


def london(clock, day="2020-06-30"):
    """Read "10:26:55" (or "10:27") as London time on the seed's day."""
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=LONDON)


DUE = london("09:30")


def make_check_fact(clock, result, *reasons, by_statement=False, seconds=0.0):
    """A check planned and sent at a time of the seed's day, answered after some seconds."""
    at = clock if isinstance(clock, datetime) else london(clock)
    sighting = Sighting(result=result, planned_at=at, sent_at=at, completed_at=at + timedelta(seconds=seconds))
    return CheckFact(sighting, reasons, by_statement)


def address(
    *looks,
    url=URL,
    role=AddressRole.PAGE,
    required=True,
    due_at=DUE,
    settled=True,
    part=Part.UNNAMED,
    may_follow=timedelta(0),
    longest_gap=timedelta(hours=1),  # so that few checks make a record
):
    """An address with its checks and their verdict by the real rules."""
    verdict = judge_address(
        [look.sighting for look in looks],
        due_at=due_at,
        limit_at=due_at + timedelta(seconds=TOLERANCE) + may_follow,
        longest_gap=longest_gap,
        settled=settled,
    )
    return AddressFacts(
        url=url,
        role=role,
        required=required,
        verdict=verdict,
        checks=tuple(looks),
        part=part,
        may_follow=may_follow,
    )


def record(*addresses, due_at=DUE, series="", **more):
    """The facts of a release of the seed's title, with the outcome by the real rules."""
    outcome, _ = combine_addresses(addresses)
    return Facts(
        release_title=TITLE,
        series_title=series,
        outcome=outcome,
        due_at=due_at,
        tolerance_seconds=TOLERANCE,
        addresses=addresses,
        **more,
    )


SEED_LOOKS = (
    make_check_fact("09:29:55", NOT_LIVE, "not_found"),
    make_check_fact("09:30", NOT_LIVE, "not_found"),
    make_check_fact("09:32", NOT_LIVE, "not_found"),
    make_check_fact("10:26:55", NOT_LIVE, "not_found"),
    make_check_fact("10:27", LIVE, "marker_in_title"),
)
