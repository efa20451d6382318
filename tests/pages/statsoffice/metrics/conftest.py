"""A stopped clock, an operator's token, and what Prometheus reads with it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW

TOKEN = "a token of the operator's own, 32+".replace(" ", "-")


@pytest.fixture(autouse=True)
def standing_clock(time_machine):
    """Stop the page's clock."""
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def asked(client, settings):
    """Ask for the metrics as Prometheus does, with the token that the operator has set."""
    settings.METRICS_TOKEN = TOKEN

    def ask(**headers):
        return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})

    return ask


@pytest.fixture
def measured(asked):
    """Read the metrics by the library's own reader: each value by its name and its one label."""

    def read():
        response = asked()
        assert response.status_code == 200
        return {
            (sample.name.removeprefix("statsoffice_"), *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }

    return read
