"""Verifications begun and corrected while others hold rows first and then the end of the chain: none waits for ever."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from releases.judge import Schedule, fix_verifications
from releases.models import ChainHead, Release, ReleaseEvent, Verification
from tests.support.factories import SEED_DUE, ReleaseFactory

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

AFTER = SEED_DUE + timedelta(minutes=3)


def while_another_holds(rows, act):
    """Do something while another transaction has locked some rows, and goes on to lock the end of the chain."""
    held, faults = threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                list(rows.select_for_update())
                held.set()
                time.sleep(0.5)  # so long that the other has come to its first lock
                ChainHead.hold(ReleaseEvent.CHAIN)
        except Exception as fault:  # noqa: BLE001  # the test names it
            faults.append(repr(fault))
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(timeout=20)
    try:
        act()
    except Exception as fault:  # noqa: BLE001  # as above
        faults.append(repr(fault))
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert faults == []


def test_a_verification_is_begun_while_another_removes_or_corrects_the_release():
    release = ReleaseFactory(confirmed=True)
    schedules = [Schedule(release, 1, release.due_at)]
    while_another_holds(Release.objects.all(), lambda: fix_verifications(schedules, now=AFTER))
    assert Verification.objects.count() == 1


def test_a_tolerance_is_corrected_while_another_stores_the_verdict():
    release = ReleaseFactory(confirmed=True)
    schedules = [Schedule(release, 1, release.due_at)]
    release.series._history_date = SEED_DUE - timedelta(days=1)
    release.series.tolerance_seconds = 60
    release.series.save()
    fix_verifications(schedules, now=SEED_DUE - timedelta(days=2))
    Verification.objects.update(tolerance_seconds=90)
    while_another_holds(Verification.objects.all(), lambda: fix_verifications(schedules, now=AFTER))
    assert Verification.objects.get().tolerance_seconds == 60
