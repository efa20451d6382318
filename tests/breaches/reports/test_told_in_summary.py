"""A practice whose words nobody has written out says so wherever it is cited; the published form's own does not."""

import pytest

from breaches.models import Practice
from breaches.reports import practices
from tests.factories import SEED_DUE

pytestmark = pytest.mark.django_db


def test_every_confirmed_practice_but_the_published_forms_own_is_marked_as_a_summary():
    in_words = Practice.objects.filter(confirmed=True).exclude(text__startswith="In summary: ")
    assert [(practice.edition.number, practice.code) for practice in in_words] == [("2.0", "T3.6")]
    assert in_words.get().text == "Statistics should be released to all users at 9.30am on a weekday."


def test_it_is_offered_to_be_cited_with_that_mark():
    offered = {practice.code: practice.text for practice in practices.in_force_on(SEED_DUE.date())}
    assert offered["T3.2"].startswith("In summary: changes to announced dates are agreed by the Chief Statistician")
