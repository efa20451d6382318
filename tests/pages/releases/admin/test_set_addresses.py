"""Setting many addresses by one pattern: only after a preview, and never for due or other producers' releases."""

from datetime import UTC, date, datetime

import pytest

from releases.models import Address, Membership, ReleaseEvent
from releases.rules.lifecycle import Role
from tests.support.admin_site import act, said, signed_in, staff
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.shared_rows import shared_fixture

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
LATER = date(2026, 9, 16)
ASKED = {
    "url": "https://www.example.gov.uk/{slug}-{month_name}-{year}",
    "marker": "{month_name} {year}",
    "role": "page",
    "adapter": "page",
    "required": "on",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def series():
    return SeriesFactory(slug="rain")


@pytest.fixture
def client(series):
    return staff(Role.CALENDAR_MANAGER, series.producer)


def bare(series, reference="bare", on=LATER):
    release = ReleaseFactory(series=series, reference=reference, slot=london_slot(on))
    release.addresses.all().delete()
    return release


def preview(client, rows, **fields):
    return client.post("/admin/releases/release/", selection(rows) | ASKED | {"preview": "yes"} | fields)


def selection(rows):
    return {"action": "set_addresses", "_selected_action": [row.pk for row in rows]}


def set_as_shown(client, rows, **fields):
    """Read what would be done and then do it, as a person does."""
    shown = preview(client, rows, **fields).context["form"].digest
    return act(client, "set_addresses", rows, **(ASKED | fields), apply="yes", shown=shown)


def test_first_the_pattern_is_asked_for(client, series):
    response = act(client, "set_addresses", [bare(series)])
    assert response.status_code == 200
    assert "{last_month_name}" in response.text
    assert response.context["rows"] is None


def test_what_the_pattern_does_is_shown_for_each_release_and_nothing_is_done(client, series):
    rows = [bare(series), bare(series, "october", date(2026, 10, 14))]
    response = preview(client, rows)
    assert "https://www.example.gov.uk/rain-october-2026" in response.text
    assert "Save 2 web addresses" in response.text
    assert not Address.objects.exists()


def test_what_was_shown_is_then_done(client, series):
    rows = [bare(series), bare(series, "october", date(2026, 10, 14))]
    assert said(set_as_shown(client, rows)) == ["2 web addresses saved."]
    assert set(Address.objects.values_list("url", flat=True)) == {
        "https://www.example.gov.uk/rain-september-2026",
        "https://www.example.gov.uk/rain-october-2026",
    }
    assert ReleaseEvent.objects.filter(kind="address_added").count() == 2


def test_another_pattern_than_the_one_that_was_shown_is_shown_first(client, series):
    rows = [bare(series)]
    shown = preview(client, rows).context["form"].digest
    changed = ASKED | {"url": "https://www.example.gov.uk/{reference}"}
    response = act(client, "set_addresses", rows, **changed, apply="yes", shown=shown)
    assert "https://www.example.gov.uk/bare" in response.text
    assert not Address.objects.exists()


REFUSED_PATTERNS = (
    ({"url": "https://www.example.gov.uk/{slug"}, "url", "A brace is missing"),
    (
        {"url": "https://www.example.gov.uk/{quarter}"},
        "url",
        "{quarter} is not a name that you can use",
    ),
    ({"url": "https://www.example.gov.uk/{slug!r}"}, "url", "Write only the name between the braces: {slug}"),
    ({"url": ""}, "url", "Enter “Web address”"),
    ({"marker": "{nothing}"}, "marker", "{nothing} is not a name that you can use"),
    ({"marker": ""}, "marker", "Enter the text that identifies this edition"),
    ({"adapter": "telepathy"}, "adapter", "valid choice"),
    ({"role": "announcement"}, "role", "valid choice"),
)


def test_a_bad_pattern_is_refused_on_its_field(client, series, subtests):
    rows = [bare(series)]
    for fields, field, words in REFUSED_PATTERNS:
        with subtests.test(fields=fields):
            response = preview(client, rows, **fields)
            assert words in response.context["form"].errors[field][0]
            assert response.context["rows"] is None
            act(client, "set_addresses", rows, **(ASKED | fields), apply="yes", shown="")
            assert not Address.objects.exists()


def test_an_address_of_a_release_that_is_due_is_never_overwritten(client, series):
    due = ReleaseFactory(confirmed=True, series=series, reference="due", slot=london_slot(date(2026, 6, 30)))
    kept = due.addresses.get().url
    response = preview(client, [due], replaces="on")
    assert "This release is already due" in response.text
    assert "Save 1 web address" not in response.text
    assert said(set_as_shown(client, [due], replaces="on")) == ["You did not make any changes."]
    assert Address.objects.get().url == kept


def test_a_release_without_its_month_gets_no_address_that_names_one(client, series):
    rows = [bare(series)]
    rows[0].precision, rows[0].due_at, rows[0].planned_at = "two_months", None, None
    rows[0].save()
    sentence = "We cannot fill in {month_name}, because the exact month of this release is not known."
    assert sentence in preview(client, rows).text


def test_of_another_producer_nothing_is_shown_or_set(client, series):
    foreign = ReleaseFactory(series=SeriesFactory(), reference="foreign", slot=london_slot(LATER))
    response = preview(client, [foreign, bare(series)], replaces="on")
    assert [row["proposal"].release.reference for row in response.context["rows"]] == ["bare"]


def test_a_release_that_one_may_only_read_stays_as_it_is(series):
    read = SeriesFactory()
    user = create_member(Role.CALENDAR_MANAGER, series.producer, is_staff=True)
    Membership.objects.create(user=user, producer=read.producer, role=Role.AUDITOR)
    assert "You do not have permission to edit this release" in preview(signed_in(user), [bare(read)]).text


def test_who_does_not_keep_the_calendar_is_not_offered_it(series, subtests):
    release = bare(series)
    for role in sorted(set(Role) - {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}):
        client = staff(role, series.producer)
        with subtests.test(role):
            act(client, "set_addresses", [release], **ASKED, apply="yes", shown="")
            assert "Add web addresses" not in client.get("/admin/releases/release/").text
            assert not Address.objects.exists()


def test_more_than_one_page_can_show_are_not_taken_at_once(client, series, monkeypatch):
    monkeypatch.setattr("releases.admin.actions.MOST_AT_ONCE", 1)
    rows = [bare(series), bare(series, "other")]
    for action in ("set_addresses", "cancel"):
        assert "You selected 2 releases. Select 1 or fewer." in said(act(client, action, rows))[0]
