"""The command release_status: the status of releases, for people and for programs."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releases.models import Release, Verification
from tests.support.factories import SEED_DUE, ReleaseFactory

pytestmark = pytest.mark.django_db


def status(*references, as_json=True):
    out = StringIO()
    call_command("release_status", *references, json=as_json, stdout=out)
    return json.loads(out.getvalue()) if as_json else out.getvalue()


def found(release, version=1, **fields):
    return Verification.objects.create(
        release=release, schedule_version=version, due_at=SEED_DUE, tolerance_seconds=120, **fields
    )


def test_a_late_release_is_told_with_the_interval_of_its_delay_and_the_reasons():
    release = ReleaseFactory(confirmed=True)
    found(
        release,
        outcome="late",
        last_not_live_at=SEED_DUE + timedelta(seconds=3415),
        first_live_at=SEED_DUE + timedelta(seconds=3420, microseconds=250),
        delay_from=3415.0,
        delay_to=3420.00025,
        reasons=["not_found"],
    )
    assert status() == [
        {
            "reference": "schools-march-2020",
            "status": "confirmed",
            "due_at": "2020-06-30T08:30:00+00:00",
            "outcome": "late",
            "last_not_live_at": "2020-06-30T09:26:55+00:00",
            "first_live_at": "2020-06-30T09:27:00.000250+00:00",
            "delay_seconds": [3415.0, 3420.00025],
            "reasons": ["not_found"],
            "published_at": None,
            "published_at_by_publisher": None,
            "publisher_source": None,
            "diagnoses": [],
        }
    ]


def test_the_publishers_own_time_stands_apart_from_what_was_seen():
    """(V11, V13)"""
    found(
        ReleaseFactory(confirmed=True),
        outcome="late",
        delay_from=3415.0,
        delay_to=3420.0,
        published_at_by_publisher=SEED_DUE + timedelta(seconds=36),
        publisher_source="change_history",
        diagnoses=["edge_cache"],
    )
    told = status()[0]
    assert told["delay_seconds"] == [3415.0, 3420.0]
    assert (told["published_at_by_publisher"], told["publisher_source"]) == (
        "2020-06-30T08:30:36+00:00",
        "change_history",
    )
    assert told["diagnoses"] == ["edge_cache"]


def test_a_release_that_is_not_live_yet_has_an_open_delay():
    found(ReleaseFactory(confirmed=True), outcome="not_seen", delay_from=120.0)
    assert status()[0]["delay_seconds"] == [120.0, None]


def test_a_release_that_no_one_checked_at_is_pending_and_has_no_delay():
    ReleaseFactory()
    told = status()[0]
    assert (told["outcome"], told["delay_seconds"], told["reasons"]) == ("pending", None, [])


def test_only_the_present_schedule_counts():
    release = ReleaseFactory(confirmed=True)
    found(release, version=2, outcome="late", delay_from=120.0)
    assert status()[0]["outcome"] == "pending"


def test_releases_come_in_the_order_in_which_they_were_asked_for_and_each_once():
    series = ReleaseFactory(reference="one").series
    for name in ("two", "three"):
        ReleaseFactory(series=series, reference=name, url=f"https://www.example.gov.uk/{name}")
    assert [told["reference"] for told in status("three", "one", "three")] == ["three", "one"]
    assert len(status()) == 3


def test_no_releases_are_an_empty_list():
    assert status() == []


def test_an_unknown_reference_is_named_and_nothing_is_printed():
    ReleaseFactory()
    out = StringIO()
    with pytest.raises(CommandError, match=r"^There is no release nothing-of-the-kind\.$"):
        call_command("release_status", "schools-march-2020", "nothing-of-the-kind", json=True, stdout=out)
    assert out.getvalue() == ""


def test_people_read_one_line_for_each_release():
    found(ReleaseFactory(confirmed=True), outcome="not_seen", delay_from=120.0)
    assert status(as_json=False) == (
        "schools-march-2020: not seen, due 9:30am on 30 June 2020, not live 120 seconds after it was due\n"
    )


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"outcome": "early", "delay_from": -605.2, "delay_to": -599.5}, "599 and 606 seconds before"),
        ({"outcome": "on_time", "delay_from": -5.0, "delay_to": 0.4}, "0 and 1 seconds after"),
        ({"outcome": "late", "delay_from": 3415.2, "delay_to": 3419.9}, "3415 and 3420 seconds after"),
    ],
    ids=["early", "on time", "late"],
)
def test_people_read_whole_seconds_that_hold_the_truth_between_them(fields, told):
    found(ReleaseFactory(confirmed=True), **fields)
    # Until it is published, the status does not say that it was found early.
    Release.objects.update(status="published")
    assert status(as_json=False).endswith(f"live between {told} it was due\n")


def test_people_read_the_status_of_a_release_that_was_never_judged():
    ReleaseFactory(confirmed=True)
    assert status(as_json=False) == "schools-march-2020: confirmed, not judged, due 9:30am on 30 June 2020\n"


def test_the_number_of_queries_does_not_grow(django_assert_num_queries):
    series = ReleaseFactory(confirmed=True, reference="one").series
    for number in range(5):
        found(
            ReleaseFactory(
                confirmed=True, series=series, reference=f"r{number}", url=f"https://a.example.gov.uk/{number}"
            )
        )
    with django_assert_num_queries(2):
        assert len(status()) == 6
