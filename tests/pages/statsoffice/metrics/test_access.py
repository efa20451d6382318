"""The metrics are available only with the operator's token."""

import pytest

from tests.pages.statsoffice.metrics.conftest import TOKEN
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_without_a_token_in_the_settings_there_is_no_such_page(client, settings):
    assert settings.METRICS_TOKEN == ""
    for brought in ("", "Bearer", "Bearer ", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"Authorization": brought}).status_code == 404


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param(None, id="nothing"),
        pytest.param("Bearer another-token-of-32-characters-xxx", id="another token"),
        pytest.param(f"Basic {TOKEN}", id="another scheme"),
        pytest.param(TOKEN, id="no scheme"),
        pytest.param("Bearer ümläut", id="no ASCII"),
    ],
)
def test_the_person_who_brings_no_right_token_is_told_that_there_is_no_such_page(client, settings, brought):
    settings.METRICS_TOKEN = TOKEN
    headers = {} if brought is None else {"Authorization": brought}
    assert client.get("/metrics", headers=headers).status_code == 404


def test_an_operator_who_is_signed_in_needs_the_token_too(client, settings):
    settings.METRICS_TOKEN = TOKEN
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert client.get("/metrics").status_code == 404


def test_prometheus_reads_the_form_that_it_asks_for_and_no_cache_keeps_it(asked, client):
    plain, openmetrics = asked(), asked(Accept="application/openmetrics-text;version=1.0.0")
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert openmetrics.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics.text.endswith("# EOF\n")
    assert "no-store" in plain.headers["Cache-Control"]
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
