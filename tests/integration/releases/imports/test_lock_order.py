"""Imports lock releases in the same order as all other writers, so that none waits for another in a circle."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from releases.models import Release
from releases.models.event import lock_release_rows
from releases.rules.lifecycle import Role
from tests.support.concurrency import is_done
from tests.support.factories import ProducerFactory, SeriesFactory, create_member
from tests.support.stored_imports import applied, checked, confirm, turn

pytestmark = [pytest.mark.postgresql_only, pytest.mark.django_db(transaction=True)]


def test_an_import_waits_for_a_release_before_it_locks_later_ones_of_its_file():
    series = SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain")
    manager = create_member(Role.CALENDAR_MANAGER, series.producer)
    applied(manager, {}, {})
    first, last = Release.objects.order_by("pk")
    others = [{"reference": each.reference, "url": "", "title": "Other"} for each in (last, first)]
    confirm(checked(manager, *others), by=manager)
    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            lock_release_rows([first.pk])
            waiting = threads.submit(is_done, turn)
            # It cannot end before this transaction does.
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            assert Release.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=last.pk).exists()
        assert waiting.result(timeout=20)
    assert set(Release.objects.values_list("title", flat=True)) == {"Other"}
