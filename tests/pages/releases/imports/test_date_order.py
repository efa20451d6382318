"""A file whose dates leave open whether the day or the month is first is asked about once, with both readings."""

import pytest

from releases.models import ImportEvent, Release
from tests.support.factories import UserFactory
from tests.support.stored_imports import NOW, checked, confirm_page, turn

pytestmark = pytest.mark.django_db

UNCLEAR = {"scheduled_for": "03/07/2098 09:30"}


def page_of(client, found):
    return client.get(f"/imports/{found.public_id}/")


def answer(client, found, order):
    sent = client.post(f"/imports/{found.public_id}/date-order/", {"date_order": order})
    turn()
    found.refresh_from_db()
    return sent


def test_both_readings_of_a_date_of_the_file_are_offered_and_none_is_selected(client, keeper):
    found = checked(keeper, UNCLEAR, {"scheduled_for": "2098-07-01 09:30"})
    assert found.status == "ambiguous"
    page = page_of(client, found)
    assert "Does the day or the month come first?" in page.text
    assert "Day first: 03/07/2098 09:30 is 3 July 2098" in page.text
    assert "Month first: 03/07/2098 09:30 is 7 March 2098" in page.text
    assert " checked" not in page.text
    assert not Release.objects.exists()
    assert "Needs your answer" in client.get("/imports/").text


@pytest.mark.parametrize(
    ("order", "slot"), [("day_first", "3 July 2098 9:30am"), ("month_first", "7 March 2098 9:30am")]
)
def test_the_answer_applies_to_the_whole_file_and_the_preview_follows(client, keeper, order, slot):
    found = checked(keeper, UNCLEAR)
    assert answer(client, found, order).status_code == 302
    assert (found.status, found.date_order) == ("checked", order)
    assert slot in page_of(client, found).text
    assert not Release.objects.exists()
    confirm_page(client, found)
    turn()
    assert str(Release.objects.get().slot) == slot
    events = ImportEvent.objects.order_by("pk").values_list("kind", flat=True)
    assert list(events) == ["upload", "ask_date_order", "set_date_order", "check", "confirm", "apply"]
    assert ImportEvent.objects.get(kind="set_date_order").facts == {"date_order": order}


def test_two_dates_that_contradict_each_other_are_both_shown_and_the_other_one_is_refused(client, keeper):
    found = checked(keeper, {"scheduled_for": "15/07/2098 09:30"}, {"scheduled_for": "07/16/2098 09:30"})
    page = page_of(client, found)
    assert "Day first: 15/07/2098 09:30 is 15 July 2098" in page.text
    assert "Month first: 07/16/2098 09:30 is 16 July 2098" in page.text
    answer(client, found, "day_first")
    assert [row.outcome for row in found.rows.all()] == ["added", "refused"]
    assert "We read all dates in this file with the day first, but" in page_of(client, found).text


def test_no_answer_is_an_error_and_a_second_answer_changes_nothing(client, keeper):
    found = checked(keeper, UNCLEAR)
    refused = answer(client, found, "")
    assert "Select whether the day or the month comes first" in refused.text
    assert found.status == "ambiguous"
    answer(client, found, "day_first")
    assert answer(client, found, "month_first").status_code == 302
    assert (found.status, found.date_order) == ("checked", "day_first")


def test_the_file_may_be_discarded_instead(client, keeper):
    found = checked(keeper, UNCLEAR)
    client.post(f"/imports/{found.public_id}/discard/")
    found.refresh_from_db()
    assert (found.status, found.content, found.ended_at is not None) == ("discarded", None, True)
    assert answer(client, found, "day_first").status_code == 302
    assert found.status == "discarded"


def test_another_persons_question_is_not_found(client, keeper):
    found = checked(keeper, UNCLEAR)
    client.force_login(UserFactory())
    assert answer(client, found, "day_first").status_code == 404
    assert (found.status, found.uploaded_at) == ("ambiguous", NOW)
