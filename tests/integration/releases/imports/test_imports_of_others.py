"""A person imports for the producers whose calendar they keep, and learns nothing of any other."""

import pytest

from releases.imports import uploads
from releases.models import Contact
from releases.rules.lifecycle import Role
from tests.support.factories import (
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
)
from tests.support.stored_imports import applied, checked, outcomes

pytestmark = pytest.mark.django_db


class TestOtherProducers:
    @pytest.fixture
    def theirs(self):
        series = SeriesFactory(producer=ProducerFactory(name="Office for Snow"), title="Monthly snow")
        return ReleaseFactory(confirmed=True, series=series, reference="snow-1")

    def faults(self, found):
        return [str(fault) for row in found.rows.all() for fault in uploads.read_row(row).faults]

    def test_their_rows_are_refused_as_if_there_were_no_such_producer(self, keeper, theirs):
        rows = [{"producer": name, "series": "Monthly snow"} for name in ("Office for Snow", "Office for Nothing")]
        first, second = self.faults(checked(keeper, *rows))
        assert first.replace("Row 2", "Row 3").replace("Snow", "Nothing") == second
        assert first == "Row 2, producer: You do not manage the calendar of “Office for Snow”."

    def test_of_their_reference_only_that_it_is_not_free_is_said(self, keeper, theirs):
        (fault,) = self.faults(checked(keeper, {"reference": "snow-1"}))
        assert fault == "Row 2, reference: “snow-1” is already in use. Choose another reference."

    def test_the_name_of_an_account_is_used_for_a_contact_of_its_own_producer_only(self, keeper, series, theirs):
        UserFactory(email="stranger@example.gov.uk", name="A Stranger")
        colleague = create_member(Role.STATISTICIAN, series.producer, email="jo@example.gov.uk", name="Jo Lane")
        rows = [{"series": "A", "responsible_email": "stranger@example.gov.uk"}]
        rows += [{"series": "B", "responsible_email": "jo@example.gov.uk"}]
        applied(keeper, *rows, create_missing=True)
        contacts = Contact.objects.filter(email__in=["stranger@example.gov.uk", "jo@example.gov.uk"]).order_by("pk")
        assert [(each.name, each.user) for each in contacts] == [
            ("stranger@example.gov.uk", None),
            ("Jo Lane", colleague),
        ]

    def test_a_producer_is_never_made(self, keeper):
        assert outcomes(checked(keeper, {"producer": "Office for Hail"}, create_missing=True)) == [(2, "refused")]

    def test_a_tolerance_is_given_to_a_new_series_by_its_leads_only(self, keeper, series):
        row = {"series": "New", "tolerance_seconds": "170"}
        (fault,) = self.faults(checked(keeper, row, create_missing=True))
        assert "Row 2, tolerance_seconds: Only the Head of Profession or a deputy can set a tolerance" in fault
        head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
        assert outcomes(checked(head, row, create_missing=True)) == [(2, "added")]

    def test_not_even_a_head_of_profession_moves_a_confirmed_date_by_a_file(self, series):
        head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
        applied(head, {"status": "confirmed"})
        (fault,) = self.faults(checked(head, {"scheduled_for": "2098-07-02 09:30"}))
        assert "To request a date change, give the public reason" in fault

    def test_who_is_responsible_already_is_named_to_those_who_keep_the_calendar(self, keeper, series):
        ContactFactory(producer=series.producer, email="jo.lane@example.gov.uk")
        (fault,) = self.faults(checked(keeper, {"responsible_email": "jo.lane@example.gov.uk"}))
        assert series.responsible.email in fault
