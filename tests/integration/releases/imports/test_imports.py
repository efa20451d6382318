"""Importing as a person does: nothing before the confirmation, and then all that was seen or nothing (C17)."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from releases import corrections, scheduling
from releases.imports import apply, uploads
from releases.imports.apply import Step, StepKind
from releases.models import CalendarImport, ImportEvent, ImportRow, Membership, Release, ReleaseEvent, Series
from releases.models.append_only import AppendOnlyRow, check_chain
from releases.permissions import NotYours
from releases.rules.imports import IMPORT, ImportStatus
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, MoveRefused, Role, WrongRole, WrongState
from tests.support.factories import ReleaseFactory, UserFactory, create_member
from tests.support.import_files import everything
from tests.support.stored_imports import NOW, applied, checked, confirm, outcomes, turn, uploaded

pytestmark = pytest.mark.django_db

KEEPERS = {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
CONFIRMED = {"status": "confirmed"}
SUNDAY = {"scheduled_for": "2098-07-06 09:30", "status": "confirmed"}


def after_three_calls():
    """Ask a run to end after it has had time for two batches of rows."""
    calls = iter([False] * 3)
    return lambda: next(calls, True)


class TestTheTable:
    ALLOWED = {
        ("uploaded", "check"): (set(), "checked"),
        ("uploaded", "discard"): (KEEPERS, "discarded"),
        ("uploaded", "fail"): (set(), "failed"),
        ("checked", "confirm"): (KEEPERS, "confirmed"),
        ("checked", "discard"): (KEEPERS, "discarded"),
        ("confirmed", "check_again"): (set(), "checked"),
        ("confirmed", "apply"): (set(), "applied"),
        ("confirmed", "fail"): (set(), "failed"),
        ("uploaded", "ask_date_order"): (set(), "ambiguous"),
        ("ambiguous", "set_date_order"): (KEEPERS, "uploaded"),
        ("checked", "change_options"): (KEEPERS, "uploaded"),
        ("ambiguous", "discard"): (KEEPERS, "discarded"),
    }

    def test_a_move_succeeds_only_from_its_state_and_by_its_roles(self):
        for state, move, role in product(ImportStatus, IMPORT.move_names, Role):
            roles, target = self.ALLOWED.get((state, move), (None, None))
            if roles is None:
                with pytest.raises(WrongState):
                    IMPORT.check(move, source=state, roles=set(Role), by_system=True)
            elif role not in roles:
                with pytest.raises(WrongRole):
                    IMPORT.check(move, source=state, roles={role})
            else:
                assert IMPORT.check(move, source=state, roles={role}).target == target


class TestBeforeTheConfirmation:
    def test_a_file_waits_and_then_shows_what_it_would_do_and_nothing_is_changed(self, keeper):
        before = everything()
        found = uploaded(keeper, {}, SUNDAY)
        assert (found.status, found.rows_total, everything()) == ("uploaded", None, before)
        assert turn() == 1
        found.refresh_from_db()
        assert (found.status, found.rows_done, found.rows_total) == ("checked", 2, 2)
        assert outcomes(found) == [(2, "added"), (3, "refused")]
        (fault,) = uploads.read_row(found.rows.get(number=3)).faults
        assert str(fault).startswith("Row 3, scheduled_for: Sunday 6 July 2098 is not a weekday")
        assert everything() == before
        assert turn() == 0

    def test_what_is_there_is_distinguished_from_what_changes(self, keeper):
        applied(keeper, {}, {})
        # The file has no text that identifies the edition, so the text is the title and changes with it.
        found = checked(keeper, {"title": "Another title"}, {}, {})
        assert outcomes(found) == [(2, "changed"), (3, "unchanged"), (4, "added")]
        step, page = uploads.read_row(found.rows.get(number=2)).steps
        assert (step.kind, step.was, step.to) == ("title_corrected", "Rain in June 2098", "Another title")
        assert (page.kind, "text “Another title”" in page.to) == ("page_corrected", True)

    def test_a_file_that_is_no_calendar_fails_with_its_sentences_and_is_not_kept(self, keeper):
        found = uploaded(keeper, columns=("reference", "producer"))
        turn()
        found.refresh_from_db()
        assert (found.status, found.content) == ("failed", None)
        assert "calendar.csv does not have the column “series”, which is required." in found.notes

    def test_the_person_who_keeps_no_calendar_uploads_nothing(self, series):
        others = [UserFactory(), *(create_member(role, series.producer) for role in set(Role) - KEEPERS)]
        for person in others:
            with pytest.raises(NotYours):
                uploaded(person, {})
        assert not CalendarImport.objects.exists()

    def test_a_discarded_one_is_gone_for_good_and_its_file_with_it(self, keeper):
        found = checked(keeper, {})
        uploads.discard_import(found, by=keeper, at=NOW)
        assert (found.status, CalendarImport.objects.get().content) == ("discarded", None)
        with pytest.raises(WrongState):
            confirm(found, by=keeper)
        assert turn() == 0

    def test_one_to_which_no_one_came_back_is_discarded(self, keeper):
        found = checked(keeper, {})
        turn(NOW + timedelta(days=13))
        found.refresh_from_db()
        assert found.status == "checked"
        turn(NOW + timedelta(days=15))
        found.refresh_from_db()
        assert found.status == "discarded"
        assert ImportEvent.objects.get(kind="discard").actor is None


class TestConfirmed:
    def test_all_of_it_is_applied_as_the_person_who_imported(self, keeper):
        found = applied(keeper, CONFIRMED, {})
        assert (found.status, found.rows_done, found.content) == ("applied", 2, None)
        assert list(Release.objects.order_by("pk").values_list("status", flat=True)) == ["confirmed", "provisional"]
        assert set(ReleaseEvent.objects.values_list("actor", flat=True)) == {keeper.pk}
        assert check_chain(ReleaseEvent)[1] is None
        assert list(ImportEvent.objects.values_list("kind", "actor")) == [
            ("upload", keeper.pk),
            ("check", None),
            ("confirm", keeper.pk),
            ("apply", None),
        ]
        assert ImportEvent.objects.last().facts == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0}

    def test_the_same_file_twice_changes_nothing_and_there_is_nothing_to_confirm(self, keeper):
        rows = [CONFIRMED, {}, {"rehearsal": "yes"}]
        applied(keeper, *rows)
        before = everything()
        found = checked(keeper, *rows)
        assert {outcome for _, outcome in outcomes(found)} == {"unchanged"}
        with pytest.raises(uploads.NothingToApply):
            confirm(found, by=keeper)
        assert everything() == before

    @pytest.mark.parametrize(
        "change",
        [{"create_missing": True}, {"date_order": "month_first"}, {"makes": [["series", "Snow", "Office for Rain"]]}],
        ids=str,
    )
    def test_a_result_that_differs_from_the_one_that_was_read_is_not_confirmed(self, keeper, change):
        found = checked(keeper, {})
        seen = uploads.digest_result(found)
        CalendarImport.objects.update(**change)
        with pytest.raises(ChangedMeanwhile, match="the result has changed since you opened the page"):
            uploads.confirm_import(found, seen=seen, skip_refused=False, by=keeper, at=NOW)
        assert CalendarImport.objects.get().status == "checked"

    @pytest.mark.parametrize(
        "change",
        [
            {"steps": [["recorded", "", "2 July 2098 9:30am"]]},
            {"title": "Another title"},
            {"outcome": "refused", "faults": [["title", "Too long."]]},
        ],
        ids=str,
    )
    def test_a_row_that_differs_from_the_one_that_was_read_is_not_confirmed(self, keeper, change):
        found = checked(keeper, {}, {})
        seen = uploads.digest_result(found)
        ImportRow.objects.filter(number=3).update(**change)
        with pytest.raises(ChangedMeanwhile):
            uploads.confirm_import(found, seen=seen, skip_refused=True, by=keeper, at=NOW)
        assert CalendarImport.objects.get().status == "checked"

    def test_confirming_twice_does_nothing_twice(self, keeper):
        found, again = checked(keeper, {}), CalendarImport.objects.get()
        confirm(found, by=keeper)
        with pytest.raises(ChangedMeanwhile):
            confirm(again, by=keeper)
        with pytest.raises(WrongState):
            confirm(found, by=keeper)
        assert turn() == 1
        assert turn() == 0
        assert Release.objects.count() == 1

    def test_refused_rows_stop_it_unless_it_is_said_that_they_are_left_out(self, keeper):
        found = checked(keeper, {}, SUNDAY)
        with pytest.raises(MissingFields) as refusal:
            confirm(found, by=keeper)
        assert refusal.value.field == "skip_refused"
        confirm(found, skip_refused=True, by=keeper)
        turn()
        found.refresh_from_db()
        assert (found.status, outcomes(found)) == ("applied", [(2, "added"), (3, "refused")])
        assert Release.objects.get().reference == "rain-june-2098"

    def test_what_is_not_known_is_made_once_and_only_when_asked(self, keeper, series):
        rows = [{"series": "Snow", "responsible_email": "jo.lane@example.gov.uk"}, {"series": "Snow"}] * 15
        rows = [row | {"reference": f"snow-{place}"} for place, row in enumerate(rows)]
        assert {outcome for _, outcome in outcomes(checked(keeper, *rows))} == {"refused"}
        found = checked(keeper, *rows, create_missing=True)
        assert found.makes == [["contact", "jo.lane@example.gov.uk", ""], ["series", "Snow", "Office for Rain"]]
        assert not Series.objects.filter(title="Snow").exists()
        confirm(found, by=keeper)
        turn()
        made = Series.objects.get(title="Snow")
        assert (made.releases.count(), made.responsible.email) == (30, "jo.lane@example.gov.uk")
        assert made.history.get().history_user == keeper

    def test_the_contact_in_one_row_of_a_new_series_is_that_of_its_rows_in_every_batch(self, keeper):
        rows = [{"series": "Snow", "reference": f"snow-{number}"} for number in range(25)]
        rows[0]["responsible_email"] = "jo.lane@example.gov.uk"
        found = checked(keeper, *rows, create_missing=True)
        confirm(found, by=keeper)
        turn(stop=after_three_calls())
        found.refresh_from_db()
        assert found.status == "applied"
        series = Series.objects.get(title="Snow")
        assert (series.releases.count(), series.responsible.email) == (25, "jo.lane@example.gov.uk")

    def test_the_tolerance_in_a_later_batch_is_that_of_the_rows_before_it(self, series):
        head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
        rows = [{"series": "Snow", "reference": f"snow-{number}"} for number in range(25)]
        rows[20]["tolerance_seconds"] = "60"
        found = checked(head, *rows, create_missing=True)
        confirm(found, by=head)
        turn(stop=after_three_calls())
        found.refresh_from_db()
        assert found.status == "applied"
        assert Series.objects.get(title="Snow").tolerance_seconds == 60


class TestChangedMeanwhile:
    def test_what_would_be_something_else_now_is_not_done_and_shown_again(self, keeper):
        applied(keeper, {}, {})
        found = checked(keeper, {"title": "One"}, {"title": "Two"})
        confirm(found, by=keeper)
        release = Release.objects.get(reference="rain-1")
        corrections.correct_release(release, title="Three", reference="rain-1", by=keeper, at=NOW)
        before = everything()
        turn()
        found.refresh_from_db()
        assert (found.status, found.notes) == ("checked", [uploads.CHANGED_MEANWHILE])
        assert everything() == before
        (step,) = uploads.read_row(found.rows.get(number=3)).steps
        assert (step.was, step.to) == ("Three", "Two")
        confirm(found, by=keeper)
        turn()
        assert set(Release.objects.values_list("title", flat=True)) == {"One", "Two"}

    def test_a_series_that_the_person_did_not_see_among_the_new_ones_is_not_created(self, keeper, series):
        Series.objects.update(responsible=None, head_of_profession=None)
        found = checked(keeper, {}, create_missing=True)
        assert found.makes == []
        confirm(found, by=keeper)
        Series.objects.update(title="Rain by month")
        before = everything()
        turn()
        found.refresh_from_db()
        assert (found.status, found.notes) == ("checked", [uploads.CHANGED_MEANWHILE])
        assert found.makes == [["series", "Monthly rain", "Office for Rain"]]
        assert everything() == before
        confirm(found, by=keeper)
        turn()
        assert set(Series.objects.values_list("title", flat=True)) == {"Monthly rain", "Rain by month"}

    def test_a_series_that_someone_has_created_already_is_not_created_again(self, keeper, series):
        found = checked(keeper, {"series": "Snow"}, create_missing=True)
        confirm(found, by=keeper)
        Series.objects.create(producer=series.producer, title="Snow", slug="snow")
        turn()
        found.refresh_from_db()
        assert (found.status, found.makes) == ("applied", [])

    def test_a_row_that_is_refused_by_now_is_left_out_where_that_was_allowed(self, keeper):
        applied(keeper, {})
        rows = [{"scheduled_for": "2098-07-02 09:30"}, {}, SUNDAY]
        found, strict = checked(keeper, *rows), checked(keeper, *rows[:2])
        confirm(found, skip_refused=True, by=keeper)
        confirm(strict, by=keeper)
        scheduling.confirm_release(Release.objects.get(), by=keeper, at=NOW)
        turn()
        for each in (found, strict):
            each.refresh_from_db()
        assert (found.status, outcomes(found)) == ("applied", [(2, "refused"), (3, "added"), (4, "refused")])
        assert (strict.status, outcomes(strict)) == ("checked", [(2, "refused"), (3, "unchanged")])
        assert str(Release.objects.get(reference="rain-june-2098").slot) == "1 July 2098 9:30am"

    def test_what_someone_has_typed_in_already_is_nothing_to_do_any_more(self, keeper):
        applied(keeper, {})
        found = checked(keeper, {"title": "One"}, {})
        confirm(found, by=keeper)
        corrections.correct_release(Release.objects.get(), title="One", reference="rain-june-2098", by=keeper, at=NOW)
        turn()
        found.refresh_from_db()
        assert (found.status, outcomes(found)) == ("applied", [(2, "unchanged"), (3, "added")])

    def test_in_the_very_moment_of_writing_nothing_is_half_done(self, keeper, monkeypatch):
        found = checked(keeper, {}, {})
        confirm(found, by=keeper)
        before, tried = everything(), uploads._try_rows

        def and_then_somebody_is_there(*arguments):
            trial = tried(*arguments)
            monkeypatch.setattr(uploads, "_try_rows", tried)
            ReleaseFactory(confirmed=True, reference="rain-1", series=Series.objects.get())
            return trial

        monkeypatch.setattr(uploads, "_try_rows", and_then_somebody_is_there)
        assert turn() == 2
        found.refresh_from_db()
        assert found.status == "checked"
        assert outcomes(found) == [(2, "added"), (3, "refused")]
        assert (before[3], Release.objects.count()) == ([], 1)

    def test_an_import_that_is_never_applied_as_it_was_tried_is_shown_again_and_holds_up_no_other(
        self, keeper, monkeypatch
    ):
        found = checked(keeper, {})
        confirm(found, by=keeper)
        later = uploaded(keeper, {})
        before, record = everything(), apply.RowImport.record

        def go_on_with_another_step(one, series):
            record(one, series)
            if CalendarImport.objects.get(pk=found.pk).status == "applied":
                one.steps.append(Step(StepKind.NO_CONTACT))

        monkeypatch.setattr(apply.RowImport, "record", go_on_with_another_step)
        calls = iter([False] * 20)
        turn(stop=lambda: next(calls, True))
        found.refresh_from_db()
        later.refresh_from_db()
        assert (found.status, found.claimed_until, later.status) == ("checked", None, "checked")
        assert (found.notes, outcomes(found)) == ([uploads.CHANGED_MEANWHILE], [(2, "added")])
        assert everything() == before
        uploads.discard_import(found, by=keeper, at=NOW)

    def test_a_person_who_keeps_the_calendar_no_more_changes_nothing(self, keeper):
        found = checked(keeper, {})
        confirm(found, by=keeper)
        Membership.objects.all().delete()
        turn()
        found.refresh_from_db()
        assert (found.status, outcomes(found)) == ("checked", [(2, "refused")])
        with pytest.raises(MoveRefused):
            confirm(found, skip_refused=True, by=keeper)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_what_happened_to_an_import_is_kept_as_it_was_written(keeper, change):
    uploaded(keeper, {})
    with pytest.raises(AppendOnlyRow):
        ImportEvent.objects.update(kind="x") if change == "update" else ImportEvent.objects.all().delete()
    if connection.vendor == "postgresql":
        sql = {"update": "UPDATE {} SET kind = 'x'", "delete": "DELETE FROM {}"}[change]
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.format(ImportEvent._meta.db_table))
