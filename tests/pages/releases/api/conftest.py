"""An office that answers programs, on the day before the seed's release."""

from datetime import timedelta

import pytest

from releases.models import Series
from tests.support.factories import SEED_DUE, ProducerFactory, SeriesFactory
from tests.support.shared_rows import shared_fixture


@pytest.fixture
def settled(settings, time_machine) -> None:
    """The day before the seed's release, at an address of the office's own."""
    settings.ADDRESS = "https://calendar.example.gov.uk"
    time_machine.move_to(SEED_DUE - timedelta(days=1), tick=False)


@shared_fixture
def series() -> Series:
    """A series of the office."""
    producer = ProducerFactory(slug="office", name="Office for Numbers")
    return SeriesFactory(producer=producer, slug="prices", title="Prices", designation="accredited")
