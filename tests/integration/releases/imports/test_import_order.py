"""What the product does for an import automatically, whichever process does it, dies or is asked to end."""

from datetime import timedelta

import pytest

from releases.imports import apply, parse, uploads
from releases.models import CalendarImport, Release
from tests.support.factories import ReleaseFactory
from tests.support.import_files import everything
from tests.support.stored_imports import NOW, checked, confirm, turn, uploaded

pytestmark = pytest.mark.django_db


class TestTurns:
    def test_while_a_release_falls_due_or_is_judged_nothing_is_applied(self, keeper, series):
        found = checked(keeper, {})
        confirm(found, by=keeper)
        ReleaseFactory(
            confirmed=True, series=series, reference="due", due_at=NOW.replace(month=6, day=2, hour=8, minute=30)
        )
        due = Release.objects.get(reference="due").due_at
        for at in (due - timedelta(seconds=59), due, due + timedelta(minutes=3)):
            assert turn(at) == 0
            found.refresh_from_db()
            assert found.status == "confirmed"
        assert turn(due + timedelta(minutes=5)) == 1
        found.refresh_from_db()
        assert found.status == "applied"

    def test_a_second_process_leaves_it_alone_and_one_that_died_is_replaced(self, keeper):
        found = uploaded(keeper, {})
        CalendarImport.objects.update(claimed_until=NOW + timedelta(minutes=1))
        assert turn() == 0
        assert turn(NOW + timedelta(minutes=2)) == 1
        found.refresh_from_db()
        assert found.status == "checked"

    def test_a_claim_that_no_process_can_have_made_holds_up_no_import(self, keeper):
        uploaded(keeper, {})
        CalendarImport.objects.update(claimed_until=NOW + timedelta(days=365))
        assert turn() == 1

    def test_one_that_is_discarded_while_it_is_checked_stays_discarded(self, keeper, monkeypatch):
        found = uploaded(keeper, {})
        read = parse.read_calendar

        def discard_first(*arguments, **more):
            uploads.discard_import(found, by=keeper, at=NOW)
            return read(*arguments, **more)

        monkeypatch.setattr(parse, "read_calendar", discard_first)
        turn()
        found.refresh_from_db()
        assert (found.status, found.rows.count()) == ("discarded", 0)

    def test_a_fault_of_our_own_is_said_and_raised_and_changes_nothing(self, keeper, monkeypatch):
        found = checked(keeper, {}, {})
        confirm(found, by=keeper)
        before, record = everything(), apply.RowImport.record

        def fail_at_last(one, *arguments, **more):
            if one.row.number == 3 and CalendarImport.objects.get().status == "applied":
                raise RuntimeError
            return record(one, *arguments, **more)

        monkeypatch.setattr(apply.RowImport, "record", fail_at_last)
        with pytest.raises(RuntimeError):
            turn()
        found.refresh_from_db()
        assert (found.status, found.notes) == ("failed", [uploads.OUR_ERROR])
        assert everything() == before

    def test_told_to_end_it_leaves_what_it_has_begun_to_the_next(self, keeper):
        found = uploaded(keeper, {})
        asked = iter([False, True, True])
        assert turn(stop=lambda: next(asked)) == 0
        found.refresh_from_db()
        assert (found.status, found.claimed_until) == ("uploaded", None)
        assert turn() == 1
