"""The history of rows: what happened to a release, and the changes of a series or a contact, by whom."""

import json
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from releases import scheduling
from releases.models.event import record_event
from releases.rules.lifecycle import Role
from tests.pages.releases.admin.test_access import series_form
from tests.support.admin_site import DAY, form_of, page, staff
from tests.support.factories import (
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)

pytestmark = pytest.mark.django_db

AT_SEVEN = {
    "release_time": "7am",
    "alternative_time_reference": "OSR 7",
    "alternative_time_approved_on": "2026-06-01",
}


def entries(client, model, row):
    response = client.get(page(model, "history", row.pk))
    assert response.status_code == 200
    return [
        (entry["what"], list(entry["details"]), entry["who"]) for entry in response.context["entries"]
    ], response.text


def test_the_history_of_a_release_tells_every_event_the_latest_first():
    release = ReleaseFactory(announced=True, slot=london_slot(DAY), title="Schools")
    client = staff(Role.HEAD_OF_PROFESSION, release.series.producer, name="Jo Lane")
    client.post(page("release", "change", release.pk), form_of(release, title="Schools in 2098"))
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    to = london_slot(DAY + timedelta(days=1))
    scheduling.change_date(release, to=to, reason="Late data", by=head, at=release.recorded_at)
    found, text = entries(client, "release", release)
    assert found == [
        ("Date changed from 1 July 2098 9:30am to 2 July 2098 9:30am", [], str(head)),
        ("Corrected", ["title: “Schools” → “Schools in 2098”"], "Jo Lane"),
        ("Announced", [], ""),
        ("Confirmed", [], ""),
        ("Added for 1 July 2098 9:30am", [], ""),
    ]
    assert "The system" in text


def test_an_event_of_a_kind_without_words_is_named_as_it_is_kept():
    release = ReleaseFactory(announced=True, slot=london_slot(DAY))
    record_event(release, "seen_by_somebody", at=release.recorded_at, words="I saw it")
    record_event(release, "change_date", at=release.recorded_at)
    found, _ = entries(staff(Role.AUDITOR, release.series.producer), "release", release)
    assert [row[:2] for row in found[:2]] == [("Change date", []), ("Seen by somebody", ["“I saw it”"])]


def test_the_history_of_a_series_tells_field_by_field_what_was_changed_and_by_whom():
    series = SeriesFactory(title="Schools")
    client = staff(Role.DEPUTY, series.producer, name="Jo Lane")
    client.post(
        page("series", "change", series.pk), series_form(series, title="Rain", tolerance_seconds=60, **AT_SEVEN)
    )
    found, _ = entries(client, "series", series)
    assert found[0][0] == "Changed"
    assert set(found[0][1]) == {
        "title: “Schools” → “Rain”",
        "tolerance in seconds: “120” → “60”",
        "release time (London): “9:30am” → “7am”",
        "reference of the approval: nothing → “OSR 7”",
        "date of the approval: nothing → “2026-06-01”",
    }
    assert found[0][2] == "Jo Lane"
    assert found[-1][0] == "Added"


def test_the_history_of_a_series_names_the_people_of_a_change():
    series = SeriesFactory()
    before, after = series.responsible, ContactFactory(producer=series.producer, name="Jo Lane")
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    client.post(
        page("series", "change", series.pk),
        series_form(series, title=series.title, responsible=after.pk, tolerance_seconds=120),
    )
    found, _ = entries(client, "series", series)
    assert f"contact: “{before}” → “{after}”" in found[0][1]


def test_a_history_changes_nothing_when_posted_to():
    release = ReleaseFactory(announced=True, slot=london_slot(DAY))
    client = staff(Role.HEAD_OF_PROFESSION, release.series.producer)
    before = type(release).objects.values().get()
    client.post(page("release", "history", release.pk), {"status": "provisional", "_change_history": "1"})
    assert client.get(page("release", "history", release.pk) + "1/").status_code in {302, 404}
    assert type(release).objects.values().get() == before


def test_the_history_of_someone_elses_row_is_not_found():
    release = ReleaseFactory(announced=True, slot=london_slot(DAY))
    stranger = staff(Role.HEAD_OF_PROFESSION, ProducerFactory())
    for model, row in (("release", release), ("series", release.series)):
        assert stranger.get(page(model, "history", row.pk)).status_code == 404


def test_the_details_of_an_event_are_indented_text_below_technical_details():
    release = ReleaseFactory(slot=london_slot(DAY), title="Schools")
    record_event(release, "corrected", at=release.recorded_at, changed={"title": ["Schools", "Schools <in 2098>"]})
    event = release.events.get(kind="corrected")
    client = staff(Role.HEAD_OF_PROFESSION, release.series.producer)
    tree = LexborHTMLParser(client.get(page("releaseevent", "change", event.pk)).text)
    details = tree.css_first("fieldset:has(pre)")
    assert details.css_first("summary").text(strip=True) == "Technical details"
    assert "Details" in details.css_first(".form-row").text()
    shown = tree.css_first("pre").text()
    assert '\n  "changed": {\n    "title": [' in shown
    assert json.loads(shown) == event.facts
    assert "{" not in tree.css_first("fieldset").text()
