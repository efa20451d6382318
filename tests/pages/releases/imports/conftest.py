"""What the tests of an import from GOV.UK share: a keeper, and a site that announces."""

import pytest

from releases.rules.lifecycle import Role
from statsoffice.fake_publisher import govuk
from tests.support.content_api import api_path, document_scene
from tests.support.factories import ProducerFactory, SeriesFactory, create_member
from tests.support.pasted_addresses import DUE, PATH, TITLE
from tests.support.shared_rows import shared_fixture


@shared_fixture
def series():
    return SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain")


@pytest.fixture
def keeper(client, series):
    keeper = create_member(Role.CALENDAR_MANAGER, series.producer)
    client.force_login(keeper)
    return keeper


@pytest.fixture
def announced(site):
    """Let the site announce the release, and return a way to say something else of it."""

    def say(document=None, **scene_fields):
        document = document or govuk.announcement(PATH, TITLE, due_at=DUE, organisations=["Office for  RAIN"])
        site.publish(api_path(PATH), [document_scene(document, **scene_fields)])
        return site.url(PATH)

    return say
