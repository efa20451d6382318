"""The dear parts of the calendar are written once for all readers, and again as soon as anything in them is another."""

from datetime import time, timedelta

import pytest
from django.urls import reverse

from releases import forms, scheduling
from releases.models import Producer, Release, Series
from releases.rules.calendar import Precision
from releases.rules.lifecycle import Role, Status
from releases.views import calendar
from tests.support.factories import SEED_DUE, ProducerFactory, ReleaseFactory, SeriesFactory, create_member

pytestmark = pytest.mark.django_db

JUNE = reverse("releases:month", args=[2020, 6])
DEAR = {"releases/calendar_list.html", "components/filter.html"}
THE_DAY_BEFORE = SEED_DUE - timedelta(days=1)


@pytest.fixture(autouse=True)
def the_day_before(time_machine):
    time_machine.move_to(THE_DAY_BEFORE, tick=False)


@pytest.fixture(autouse=True)
def _nothing_written_yet():
    calendar._list.cache_clear()
    forms._render_form.cache_clear()


@pytest.fixture
def release():
    ProducerFactory(slug="agency", name="Agency for Examples")
    series = SeriesFactory(
        slug="jobs", title="Jobs", producer=ProducerFactory(slug="office", name="Office for Numbers")
    )
    return ReleaseFactory(announced=True, series=series, reference="jobs", title="Jobs in June")


def written(answer):
    return DEAR & {template.name for template in answer.templates}


def text(client, address=JUNE):
    return client.get(address).content.decode()


def test_the_next_reader_is_shown_the_same_page_without_its_dear_parts_being_written_again(client, release):
    first, second = client.get(JUNE), client.get(JUNE)
    assert written(first) == DEAR
    assert written(second) == set()
    assert second.content == first.content
    assert b"Jobs in June" in second.content


def renamed(release):
    Release.objects.update(title="Jobs &amp; <b>vacancies</b>")


def of_a_renamed_series(release):
    Series.objects.update(title="Work")


def of_a_renamed_producer(release):
    Producer.objects.filter(slug="office").update(name="Office for Figures")


def published(release):
    Release.objects.update(status=Status.PUBLISHED)


def cancelled(release):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.cancel_release(release, reason="The survey ended.", by=head, at=THE_DAY_BEFORE)


def at_another_time(release):
    Release.objects.update(planned_at=time(9, 45), due_at=SEED_DUE + timedelta(minutes=15))


def made_vague(release):
    vague = {"precision": Precision.MONTH, "planned_at": None, "due_at": None, "confirmed_at": None}
    Release.objects.update(status=Status.PROVISIONAL, planned_on=SEED_DUE.date().replace(day=1), **vague)


def joined_by_another(release):
    ReleaseFactory(announced=True, series=release.series, reference="more", title="More jobs")


SHOWN_AFTER = {
    renamed: "Jobs &amp;amp; &lt;b&gt;vacancies&lt;/b&gt;",
    of_a_renamed_series: "· Work</p>",
    of_a_renamed_producer: "Office for Figures ·",
    published: "govuk-tag--green",
    cancelled: "govuk-tag--grey",
    at_another_time: "9:45am",
    made_vague: "govuk-tag--yellow",
    joined_by_another: "More jobs",
}


@pytest.mark.parametrize(
    ("changed", "shown"), [pytest.param(*pair, id=pair[0].__name__) for pair in SHOWN_AFTER.items()]
)
def test_what_has_changed_is_shown_to_the_very_next_reader(client, release, changed, shown):
    assert shown not in list_in(text(client))
    changed(release)
    assert shown in list_in(text(client))


def list_in(page):
    return page.partition('<ul class="office-releases">')[2].partition("</ul>")[0]


def test_a_release_is_of_today_on_its_day_and_no_longer_the_day_after(client, release, time_machine):
    for day, is_today in ((-1, False), (0, True), (1, False)):
        time_machine.move_to(SEED_DUE + timedelta(days=day), tick=False)
        assert ("office-releases__today" in text(client)) is is_today


def test_the_form_says_what_its_own_address_asks_for_and_what_is_wrong_with_it(client, release):
    ReleaseFactory(
        announced=True, series=SeriesFactory(producer=Producer.objects.get(slug="agency")), reference="farms"
    )
    assert "There is no producer" not in text(client)
    assert "There is no producer “nobody”" in text(client, f"{JUNE}?producer=nobody")
    assert 'value="vacancies"' in text(client, f"{JUNE}?words=vacancies")
    assert 'value="vacancies"' not in text(client)


def test_the_form_offers_a_producer_and_a_series_as_soon_as_anything_of_theirs_is_announced(client, release):
    narrowed = f"{JUNE}?producer=agency"
    assert "Agency for Examples" not in text(client)
    farms = SeriesFactory(slug="farms", title="Farms", producer=Producer.objects.get(slug="agency"))
    ReleaseFactory(announced=True, series=farms, reference="farms")
    assert '<option value="agency">Agency for Examples</option>' in " ".join(text(client).split())
    assert '<option value="farms">' in text(client, narrowed)
    Series.objects.filter(slug="farms").update(title="Farms and fields")
    assert "Farms and fields</option>" in text(client, narrowed)
