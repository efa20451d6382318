"""The migration that leaves of vague dates their month alone."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps

from releases.core.dates.calendar import Precision, Slot
from releases.models import Release
from tests.factories import a_release

pytestmark = pytest.mark.django_db


def test_a_day_that_was_typed_for_a_vague_date_goes_and_exact_dates_stay():
    vague = a_release(reference="vague", slot=Slot(date(2026, 7, 1), None, Precision.MONTH))
    exact = a_release(reference="exact")
    Release.objects.filter(pk=vague.pk).update(planned_on=date(2026, 7, 17))
    import_module("releases.migrations.0019_vague_dates_by_month").keep_the_month_alone(apps, None)
    assert Release.objects.get(pk=vague.pk).planned_on == date(2026, 7, 1)
    assert Release.objects.get(pk=exact.pk).planned_on == exact.planned_on
