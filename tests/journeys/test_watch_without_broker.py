"""`manage.py watch` alone: the same chain in one process, ended cleanly while it is at work."""

import pytest

# The mark alone makes sure that there is a database of the tests for the processes to share.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_rehearsal_is_seen_through_to_its_draft_without_a_broker(ended):
    assert ended.outcome == "not_seen"
    assert ended.reports == (("alone", "late", "draft"),)


def test_a_watch_that_is_told_to_stop_while_it_is_looking_ends_within_seconds(ended):
    assert ended.exit_code == 0, ended.printed
    assert ended.seconds_to_end < 5
    assert ended.printed.rstrip().endswith("Stopped.")


def test_nothing_failed_in_the_watch(ended):
    assert "Traceback" not in ended.printed
    assert "ERROR" not in ended.printed
