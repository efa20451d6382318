"""The record is next to a person's text, and enters the text only by their own act."""

import pytest

from breaches import drafting
from breaches.rules.content import ReportSection
from tests.support.report_evidence import london
from tests.support.report_forms import filled_in, said, section_address, send, words
from tests.support.report_mornings import NOT_LIVE, record_checks

pytestmark = pytest.mark.django_db

CIRCUMSTANCES = ReportSection.CIRCUMSTANCES


def test_the_machines_text_stands_next_to_the_persons(statistician, report):
    send(statistician, section_address(report, CIRCUMSTANCES), circumstances="In my words.")
    page = statistician.get(section_address(report, CIRCUMSTANCES)).text
    assert filled_in(page)["circumstances"] == ["In my words."]
    assert "Facts on record" in words(page)
    assert "just under an hour" in words(page)
    assert "changed since this was written" not in words(page)


def test_what_people_wrote_around_the_records_account_stays_where_a_newer_one_is_taken(statistician, office, report):
    address = section_address(report, CIRCUMSTANCES)
    before = said(report).circumstances
    send(statistician, address, circumstances=f"First a word.\r\n\r\n{before}\r\n\r\nThe scheduler had failed.")
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    taken = send(statistician, address, take="circumstances")
    text = filled_in(taken.text)["circumstances"][0]
    assert "it was gone by" in text
    assert text.startswith("First a word.")
    assert text.endswith("The scheduler had failed.")
    assert text.count("was due for release") == 1


def test_changed_facts_are_marked_and_enter_by_the_persons_act_only(statistician, office, report):
    address = section_address(report, CIRCUMSTANCES)
    send(statistician, address, circumstances="In my words.")
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:06"))
    assert "Facts changed" in words(statistician.get(f"/reports/{report.reference}/").text)
    page = statistician.get(address).text
    assert "changed since this was written" in words(page)
    taken = send(statistician, address, page, take="circumstances", other_practices="Kept too.")
    assert taken.status_code == 200
    assert "it was gone by" in filled_in(taken.text)["circumstances"][0]
    assert filled_in(taken.text)["other_practices"] == ["Kept too."]
    assert "In my words." in words(taken.text)
    assert said(report).circumstances == "In my words."
    send(statistician, address, taken.text)
    assert "it was gone by" in said(report).circumstances
    assert "changed since this was written" not in words(statistician.get(address).text)
