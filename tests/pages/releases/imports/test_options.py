"""The options of an import are changed in its preview, and the import is checked again."""

import pytest

from releases.models import ImportEvent, Release
from tests.support.stored_imports import checked, confirm_page, outcomes, turn

pytestmark = pytest.mark.django_db

UNCLEAR = {"scheduled_for": "03/07/2098 09:30"}


def page_of(client, found):
    return client.get(f"/imports/{found.public_id}/")


def change(client, found, **options):
    sent = client.post(f"/imports/{found.public_id}/options/", options)
    turn()
    found.refresh_from_db()
    return sent


def test_new_series_are_created_once_the_preview_is_asked_to(client, keeper):
    found = checked(keeper, {"series": "Snow"})
    assert [outcome for _row, outcome in outcomes(found)] == ["refused"]
    assert "Change the options of this import" in page_of(client, found).text
    assert change(client, found, create_missing="on").status_code == 302
    assert (found.status, found.create_missing) == ("checked", True)
    assert [outcome for _row, outcome in outcomes(found)] == ["added"]
    assert "series “Snow”" in page_of(client, found).text
    assert not Release.objects.exists()
    assert ImportEvent.objects.get(kind="change_options").facts == {"create_missing": True}
    change(client, found)
    assert [outcome for _row, outcome in outcomes(found)] == ["refused"]


def test_the_order_of_day_and_month_is_changed_for_a_file_that_left_it_open(client, keeper):
    found = checked(keeper, UNCLEAR)
    client.post(f"/imports/{found.public_id}/date-order/", {"date_order": "day_first"})
    turn()
    found.refresh_from_db()
    assert "3 July 2098" in page_of(client, found).text
    refused = change(client, found, date_order="")
    assert list(refused.context["options"].errors) == ["date_order"]
    change(client, found, date_order="month_first")
    assert (found.status, found.date_order) == ("checked", "month_first")
    assert "7 March 2098" in page_of(client, found).text


def test_a_file_with_clear_dates_is_not_asked_for_their_order(client, keeper):
    found = checked(keeper, {})
    assert "day or the month" not in page_of(client, found).text
    change(client, found, date_order="month_first")
    assert (found.status, found.date_order) == ("checked", "")


def test_after_the_confirmation_the_options_stay(client, keeper):
    found = checked(keeper, {})
    confirm_page(client, found)
    assert change(client, found, create_missing="on").status_code == 302
    assert (found.status, found.create_missing) == ("applied", False)


def test_an_old_tab_does_not_confirm_a_result_that_its_page_does_not_show(client, keeper):
    found = checked(keeper, {"series": "Snow"}, {})
    seen = page_of(client, found).context["form"]["seen"].value()
    change(client, found, create_missing="on")
    answer = client.post(f"/imports/{found.public_id}/confirm/", {"seen": seen, "skip_refused": "on"}, follow=True)
    assert "We did not import anything, because the result has changed since you opened the page" in answer.text
    turn()
    found.refresh_from_db()
    assert (found.status, Release.objects.count()) == ("checked", 0)
    confirm_page(client, found)
    turn()
    assert Release.objects.count() == 2


def test_a_page_without_the_digest_of_its_result_imports_nothing(client, keeper):
    found = checked(keeper, {})
    client.post(f"/imports/{found.public_id}/confirm/")
    found.refresh_from_db()
    assert found.status == "checked"
