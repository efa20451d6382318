"""The report as it will be printed, read on the screen of a phone."""

import pytest

from tests.browser.barriers import SIZES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]
LABEL = "Name and contact details of person dealing with report"


@pytest.mark.parametrize(("screen", "is_beside", "is_above"), [("wide", True, False), ("phone", False, True)])
def test_a_label_stands_next_to_its_answer_and_on_a_phone_above_it(
    page, live_server, morning, sign_in, screen, is_beside, is_above
):
    sign_in(morning.office.head)
    page.set_viewport_size(SIZES[screen])
    page.goto(f"{live_server}{morning.pages['check your answers']}")
    row = page.get_by_role("row", name=LABEL)
    label, answer = row.get_by_role("rowheader").bounding_box(), row.get_by_role("cell").bounding_box()
    assert (label["x"] + label["width"] <= answer["x"] + 1) == is_beside
    assert (label["y"] + label["height"] <= answer["y"] + 1) == is_above
