"""The API against its own document: schemathesis asks what the document allows and what it forbids."""

from datetime import date, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from releases import scheduling
from releases.rules.calendar import Precision, Slot
from tests.support.cancelled_releases import cancel_release
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = ("/api/v1/releases", "/api/v1/releases/{reference}", "/api/v1/producers", "/api/v1/series")


@pytest.fixture
def document(live_server):
    """The API's document over an office with releases of every kind."""
    series = SeriesFactory(producer=ProducerFactory(slug="office"), slug="prices")
    ReleaseFactory(announced=True, series=series, reference="confirmed")
    cancel_release(ReleaseFactory(announced=True, series=series, reference="cancelled"))
    out = ReleaseFactory(announced=True, series=series, reference="published")
    scheduling.publish(out, by=None, at=SEED_DUE + timedelta(1), published_at=SEED_DUE)
    vague = ReleaseFactory(series=series, reference="vague", slot=Slot(date(2020, 7, 1), None, Precision.TWO_MONTHS))
    scheduling.announce_release(vague, by=None, at=A_LONG_TIME_AGO)
    return schemathesis.openapi.from_url(f"{live_server}/api/v1/openapi.json")


def test_the_document_tells_of_every_address(document):
    told = {found.ok().path for found in document.get_all_operations()}
    assert told == set(ADDRESSES)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_is_as_the_document_says(document, address, mode):
    @settings(suppress_health_check=list(HealthCheck))
    @given(case=document[address]["GET"].as_strategy(generation_mode=mode))
    def asked(case):
        case.call_and_validate()

    asked()


def test_releases_of_every_kind_are_as_the_document_says(document):
    operation = document["/api/v1/releases/{reference}"]["GET"]
    for reference in ("confirmed", "cancelled", "published", "vague"):
        operation.Case(path_parameters={"reference": reference}).call_and_validate()
