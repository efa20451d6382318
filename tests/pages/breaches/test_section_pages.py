"""Writing a section through its page: which text is shown, stored, refused and never lost."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from breaches import decisions, editing
from breaches.models import CorrectiveAction, Practice
from breaches.redaction import redact_report
from breaches.rules.content import FORM_SECTIONS, CitedPractice, ContactPerson, Output, ReportSection, content_to_json
from releases.rules.calendar import format_moment
from tests.integration.breaches.sign_off.test_redaction import where
from tests.support.people import AT, reload_reports, write_sections
from tests.support.report_forms import error_links, filled_in, said, section_address, send, words

pytestmark = pytest.mark.django_db

CORE, CIRCUMSTANCES, IMPACT = ReportSection.CORE_INFORMATION, ReportSection.CIRCUMSTANCES, ReportSection.IMPACT


@pytest.mark.parametrize("section", FORM_SECTIONS)
def test_sending_a_section_as_it_stands_changes_nothing(statistician, report, section):
    answer = send(statistician, section_address(report, section))
    assert answer.status_code == 302
    assert report.versions.count() == 1


def test_core_information_is_written_field_by_field(statistician, report):
    answer = send(
        statistician,
        section_address(report, CORE),
        outputs__0__title="Schools, 31 March",
        producers="First office\n\n Second office ",
        dealing_name="Release team",
        dealing_email="team@example.gov.uk",
        dealing_telephone="",
        dealing_is_team="on",
        hop_name="",
        hop_email="",
        hop_telephone="",
        statement_url="https://www.example.gov.uk/statement",
    )
    assert answer.status_code == 302
    content = said(report)
    assert content.outputs == (Output("Schools, 31 March", "https://www.example.gov.uk/statistics/schools-march-2020"),)
    assert content.producers == ("First office", "Second office")
    assert content.dealing == ContactPerson("Release team", "team@example.gov.uk", is_team=True)
    assert content.head_of_profession is None
    assert content.statement_url == "https://www.example.gov.uk/statement"


def test_another_output_is_added_without_a_script_and_nothing_typed_is_lost(statistician, report):
    address = section_address(report, CORE)
    longer = send(statistician, address, add="row", dealing_name="Half a na")
    assert longer.status_code == 200
    assert filled_in(longer.text)["dealing_name"] == ["Half a na"]
    assert report.versions.count() == 1
    send(statistician, address, longer.text, outputs__1__title="Tables", outputs__1__url="https://x.example/tables")
    assert [output.title for output in said(report).outputs][1:] == ["Tables"]
    send(statistician, address, outputs__1__title="", outputs__1__url="")
    assert len(said(report).outputs) == 1


def test_a_wrong_address_is_linked_from_the_error_summary_and_everything_typed_stays(statistician, report):
    answer = send(
        statistician, section_address(report, CORE), dealing_email="nobody at home", statement_url="somewhere"
    )
    assert answer.status_code == 200
    assert error_links(answer.text) == {"#id_dealing_email": True, "#id_statement_url": True}
    kept = filled_in(answer.text)
    assert (kept["dealing_email"], kept["statement_url"]) == (["nobody at home"], ["somewhere"])
    assert report.versions.count() == 1


def test_a_link_must_be_a_full_web_address(statistician, report):
    for link in ("www.example", "javascript:alert(1)", "see our site"):
        answer = send(statistician, section_address(report, CORE), outputs__0__url=link, statement_url=link)
        assert error_links(answer.text) == {"#id_outputs-0-url": True, "#id_statement_url": True}
        for name, end in (("statistical output", "statistics"), ("published statement", "statement")):
            sentence = f"Link to {name} must be a full web address, like https://www.example.gov.uk/{end}"
            assert sentence in words(answer.text)
        assert filled_in(answer.text)["outputs-0-url"] == [link]
    assert report.versions.count() == 1


def test_a_text_that_is_too_long_is_named_by_its_label(statistician, report):
    too_long = {"dealing_telephone": "0" * 51, "outputs-0-title": "T" * 501}
    page = words(send(statistician, section_address(report, CORE), **too_long).text)
    assert "Telephone must be 50 characters or less" in page
    assert "Title of statistical output must be 500 characters or less" in page


def test_the_suggested_practice_of_the_day_is_ticked_and_comes_first(statistician, report):
    page = statistician.get(section_address(report, CIRCUMSTANCES)).text
    assert filled_in(page)["practices"] == ["2.0 T3.6"]
    offered = re.findall(r'name="practices"[^>]*value="([^"]+)"', page)
    assert offered[:3] == ["2.0 T3.6", "2.0 T3", "2.0 T3.1"]
    assert {edition for edition, _code in map(str.split, offered)} == {"2.0"}
    assert "Suggested for this kind of breach, from 10 published reports." in words(page)
    send(statistician, section_address(report, CIRCUMSTANCES), practices=["2.0 T3.2", "2.0 V2", "2.0 T3"])
    assert {practice.citation for practice in said(report).practices} == {
        "Trustworthiness: T3 (Orderly release)",
        "Trustworthiness: T3.2 (Orderly release)",
        "Value: V2 (Accessibility)",
    }


def test_the_summary_of_an_unsettled_practice_is_a_note_and_its_words_have_a_link(statistician, report):
    page = statistician.get(section_address(report, CIRCUMSTANCES)).text
    assert "In summary: Statistics are released as soon as they are ready" in words(page)
    assert "In summary: Statistics are released to all users" not in words(page)
    assert 'code-of-practice/the-code/trustworthiness/t3-orderly-release/">' in page
    send(statistician, section_address(report, CIRCUMSTANCES), practices=["2.0 T3.5"])
    assert "In summary" not in str(content_to_json(said(report)))


def test_a_practice_is_cited_for_one_of_several_dates_and_the_others_for_all(statistician, report):
    address = section_address(report, CIRCUMSTANCES)
    longer = send(statistician, address, add="row").text
    second = {"dates__1__on__day": "1", "dates__1__on__month": "7", "dates__1__on__year": "2020"}
    assert "day_of_" not in longer
    send(statistician, address, longer, **second, practices=["2.0 T3.6", "2.0 T3.4"])
    page = statistician.get(address).text
    assert "Date of occurrence for Trustworthiness: T3.4" in words(page)
    send(statistician, address, day_of_2_0_T3_6="2020-07-01")
    assert {practice.code: practice.on for practice in said(report).practices} == {
        "T3.6": date(2020, 7, 1),
        "T3.4": None,
    }
    # Once there is only one date, it says nothing more.
    send(statistician, address, **dict.fromkeys(second, ""), day_of_2_0_T3_6="2020-07-01")
    assert {practice.on for practice in said(report).practices} == {None}


@pytest.fixture
def dated(statistician, report):
    """The page of a report that cites T3.6 for both of two dates and T3.4 for the second, as someone opened it."""
    address = section_address(report, CIRCUMSTANCES)
    longer = send(statistician, address, add="row").text
    second = {"dates__1__on__day": "1", "dates__1__on__month": "7", "dates__1__on__year": "2020"}
    send(statistician, address, longer, **second, practices=["2.0 T3.6", "2.0 T3.4"])
    send(statistician, address, day_of_2_0_T3_4="2020-07-01")
    return statistician.get(address).text


def cited_days(report):
    return {practice.code: practice.on for practice in said(report).practices}


@pytest.mark.parametrize("theirs", [["2.0 T3.6"], ["2.0 T3.4"], ["2.0 T3.2", "2.0 T3.4", "2.0 T3.6"]], ids=str)
def test_who_leaves_the_citations_alone_keeps_those_of_another_person(statistician, office, report, dated, theirs):
    address = section_address(report, CIRCUMSTANCES)
    other = Client()
    other.force_login(office.head)
    send(other, address, practices=theirs)
    stored = cited_days(report)
    assert send(statistician, address, dated, circumstances="The page was late.").status_code == 302
    assert said(report).circumstances == "The page was late."
    assert cited_days(report) == stored


@pytest.mark.parametrize("theirs", [["2.0 T3.6"], ["2.0 T3.4"], ["2.0 T3.2", "2.0 T3.4", "2.0 T3.6"]], ids=str)
def test_a_date_stays_with_its_practice_if_two_people_change_the_citations(statistician, office, report, dated, theirs):
    address = section_address(report, CIRCUMSTANCES)
    other = Client()
    other.force_login(office.head)
    send(other, address, practices=theirs)
    answer = send(statistician, address, dated, practices=["2.0 T3.4", "2.0 T3.5", "2.0 T3.6"])
    assert answer.status_code == 409
    assert filled_in(answer.text)["day_of_2_0_T3_4"] == ["2020-07-01"]
    assert send(statistician, address, answer.text).status_code == 302
    assert cited_days(report) == {"T3.4": date(2020, 7, 1), "T3.5": None, "T3.6": None}


def test_a_practice_that_is_not_in_force_cannot_be_chosen(statistician, report):
    answer = send(statistician, section_address(report, CIRCUMSTANCES), practices=["3.0 3.1"])
    assert error_links(answer.text) == {"#id_practices": True}
    assert report.versions.count() == 1


def test_a_cited_practice_stays_as_it_was_when_the_list_changes(statistician, report):
    Practice.objects.filter(edition__number="2.0", code="T3.6").update(wording="Another wording.")
    send(statistician, section_address(report, CIRCUMSTANCES), other_practices="Protocol 2, Practice 8")
    cited = said(report).practices
    assert cited == (
        CitedPractice(
            "2.0", "T3.6", "Trustworthiness", "Statistics should be released to all users at 9.30am on a weekday.", True
        ),
    )


def test_two_days_of_occurrence_are_kept_and_a_wrong_one_is_named(statistician, report):
    address = section_address(report, CIRCUMSTANCES)
    longer = send(statistician, address, add="row")
    wrong = send(
        statistician, address, longer.text, dates__1__on__day="31", dates__1__on__month="6", dates__1__on__year="2020"
    )
    assert error_links(wrong.text) == {"#id_dates-1-on-day": True}
    assert filled_in(wrong.text)["dates-1-on-month"] == ["6"]
    send(statistician, address, wrong.text, dates__1__on__day="1", dates__1__on__month="July")
    assert said(report).occurred_on == (date(2020, 6, 30), date(2020, 7, 1))


def test_a_day_in_the_future_is_refused_at_its_box(statistician, report):
    tomorrow = timezone.localdate() + timedelta(days=1)
    answer = send(
        statistician,
        section_address(report, CIRCUMSTANCES),
        dates__0__on__day=tomorrow.day,
        dates__0__on__month=tomorrow.month,
        dates__0__on__year=tomorrow.year,
        circumstances="Kept.",
    )
    assert error_links(answer.text) == {"#id_dates-0-on-day": True}
    assert filled_in(answer.text)["circumstances"] == ["Kept."]
    assert report.versions.count() == 1


def test_the_second_of_two_editors_is_shown_both_texts_and_loses_nothing(client, office, report):
    address = section_address(report, IMPACT)
    client.force_login(office.statistician)
    opened = client.get(address).text
    write_sections(report, by=office.head, impact="The head's text.")
    answer = send(client, address, opened, impact="My long text.")
    assert answer.status_code == 409
    # A later version, which the automatic check wrote, changed another section.
    assert f"Not saved yet {office.head} changed this at {format_moment(AT)}" in words(answer.text)
    assert "The head's text." in words(answer.text)
    assert filled_in(answer.text)["impact"] == ["My long text."]
    assert said(report).impact == "The head's text."
    assert send(client, address, answer.text).status_code == 302
    assert said(report).impact == "My long text."


def test_the_second_editor_of_another_field_is_told_who_wrote_meanwhile(client, office, report):
    client.force_login(office.statistician)
    opened = client.get(section_address(report, CORE)).text
    write_sections(report, by=office.head)
    answer = send(client, section_address(report, CORE), opened, statement_url="https://x.example")
    told = words(client.get(answer.headers["Location"]).text)
    assert f"While you were writing, {office.head} and the automatic check changed other sections." in told
    assert said(report).impact


NAME, MARKER = "Quillon Featherstonehaugh", "[removed on 30 June 2020]"
REDACTED = "The saved text was redacted while you were writing."


def redact(report, office):
    """The Head of Profession removes the name from the report, which does not change the number of its version."""
    redact_report(reload_reports([report])[0], words=NAME, why="Nobody needs the name.", by=office.head, at=AT)


@pytest.mark.parametrize(
    ("section", "typed"),
    [
        (CIRCUMSTANCES, {"circumstances": f"{NAME} pressed the button. See https://x.example."}),
        (CIRCUMSTANCES, {"other_practices": "Protocol 2, Practice 8"}),
        (IMPACT, {"impact": f"{NAME} told two users. No one else asked."}),
        (CORE, {"statement_url": "https://x.example/statement"}),
        (
            ReportSection.CORRECTIVE_ACTIONS,
            {"actions-0-text": "Check the page", "actions-0-term": "short", "actions-0-owner": "Head of branch"},
        ),
    ],
    ids=["longer text", "another field", "impact", "core information", "new action"],
)
def test_a_form_that_was_opened_before_a_redaction_does_not_put_the_removed_words_back(
    statistician, office, report, section, typed
):
    address = section_address(report, section)
    named = {CIRCUMSTANCES: "circumstances", IMPACT: "impact", CORE: "producers"}.get(section, "corrective_actions")
    send(statistician, address, **{named: f"{NAME} pressed the button."})
    opened = statistician.get(address).text
    redact(report, office)
    version = reload_reports([report])[0].version
    answer = send(statistician, address, opened, **typed)
    assert answer.status_code == 409
    assert REDACTED in words(answer.text)
    assert f"{MARKER} pressed the button." in words(answer.text)
    assert where(NAME) == set()
    assert (reload_reports([report])[0].version, CorrectiveAction.objects.count()) == (version, 0)
    # The form keeps what was typed, and the person removes the words before they save it.
    kept = filled_in(answer.text)
    assert {name: kept[name] for name in typed} == {name: [text] for name, text in typed.items()}
    assert send(statistician, address, answer.text, **{named: f"{MARKER} pressed it."}).status_code == 302
    assert f"{MARKER} pressed it." in str(getattr(said(report), named))
    assert where(NAME) == set()


def test_after_a_redaction_the_text_of_the_report_can_be_saved_with_an_earlier_form(statistician, office, report):
    address = section_address(report, IMPACT)
    send(statistician, address, impact=f"{NAME} told two users.")
    opened = statistician.get(address).text
    redact(report, office)
    assert send(statistician, address, opened).status_code == 409
    assert send(statistician, address, opened, impact=f"{MARKER} told two users.").status_code == 302
    assert send(statistician, address, statistician.get(address).text, impact="No one asked.").status_code == 302
    assert said(report).impact == "No one asked."


def test_a_redaction_of_a_version_that_is_no_longer_current_is_a_conflict(client, office, report):
    client.force_login(office.statistician)
    address = section_address(report, CIRCUMSTANCES)
    send(client, address, circumstances=f"{NAME} pressed the button.")
    opened = client.get(address).text
    write_sections(reload_reports([report])[0], by=office.head)
    redact(report, office)
    answer = send(client, address, opened, other_practices="Protocol 2, Practice 8")
    assert answer.status_code == 409
    assert REDACTED in words(answer.text)
    assert where(NAME) == set()


def test_a_redaction_of_another_section_does_not_hinder_a_save(statistician, office, report):
    send(statistician, section_address(report, IMPACT), impact=f"{NAME} told two users.")
    address = section_address(report, CIRCUMSTANCES)
    opened = statistician.get(address).text
    redact(report, office)
    assert send(statistician, address, opened, other_practices="Protocol 2, Practice 8").status_code == 302
    assert said(report).other_practices == "Protocol 2, Practice 8"
    assert where(NAME) == set()


def test_a_form_without_the_digest_of_its_text_is_not_saved_over_a_redacted_text(statistician, office, report):
    """An earlier version of the product showed such a form."""
    address = section_address(report, IMPACT)
    send(statistician, address, impact=f"{NAME} told two users.")
    opened = statistician.get(address).text
    assert send(statistician, address, opened, seen="", impact=f"{NAME} told three.").status_code == 302
    opened = statistician.get(address).text
    redact(report, office)
    assert send(statistician, address, opened, seen="", impact=f"{NAME} told four.").status_code == 409
    assert where(NAME) == set()


def test_what_was_typed_is_shown_when_the_report_went_to_the_head_meanwhile(client, office, report):
    report = write_sections(report, by=office.statistician)
    client.force_login(office.statistician)
    opened = client.get(section_address(report, IMPACT)).text
    decisions.submit_report(report, by=office.statistician, at=AT)
    answer = send(client, section_address(report, IMPACT), opened, impact="Words typed too late.")
    assert answer.status_code == 409
    assert "Words typed too late." in words(answer.text)
    assert "Words typed too late." not in said(report).impact


def test_a_frozen_text_is_not_shown_in_a_form(client, office, submitted_report):
    client.force_login(office.statistician)
    answer = client.get(section_address(submitted_report, IMPACT), follow=True)
    assert "You cannot edit the report while it is awaiting a decision." in words(answer.text)


def test_the_same_form_sent_twice_makes_one_version(statistician, report):
    address = section_address(report, IMPACT)
    opened = statistician.get(address).text
    for _ in range(2):
        assert send(statistician, address, opened, impact="Once.").status_code == 302
    assert report.versions.count() == 2


MARKUP = '<script>alert("x")</script> & <b>bold</b> {{ report }}'


def test_markup_in_what_people_write_is_shown_as_they_wrote_it(statistician, office, report):
    # The form refuses these links.
    link = "javascript:alert(1)"
    values = {"outputs": (Output(MARKUP, link),), "statement_url": link}
    editing.save_section(
        report, section=CORE, only=values, values=values, expected_version=1, by=office.statistician, at=AT
    )
    send(statistician, section_address(report, IMPACT), impact=MARKUP)
    opened = statistician.get(section_address(report, IMPACT)).text
    send(statistician, section_address(report, IMPACT), impact="Other.")
    pages = [
        statistician.get(f"/reports/{report.reference}/").text,
        statistician.get(f"/reports/{report.reference}/check/").text,
        statistician.get(f"/reports/{report.reference}/versions/3/").text,
        statistician.get("/reports/").text,
        send(statistician, section_address(report, IMPACT), opened, impact=MARKUP + "!").text,
    ]
    for page in pages:
        assert MARKUP in words(page)
        assert 'alert("x")</script>' not in page
        assert 'href="javascript' not in page


def test_an_empty_report_of_a_producer_without_contacts_can_be_opened_and_written(statistician, report):
    series = report.suspicions.get().release.series
    type(series).objects.filter(pk=series.pk).update(responsible=None, head_of_profession=None)
    send(
        statistician,
        section_address(report, CORE),
        **{f"{who}_{part}": "" for who in ("dealing", "hop") for part in ("name", "email", "telephone")},
        outputs__0__title="",
        outputs__0__url="",
        producers="",
    )
    assert (said(report).outputs, said(report).dealing) == ((), None)
    assert statistician.get("/reports/").status_code == 200
    assert statistician.get(section_address(report, CORE)).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [{}, {"version": "x"}, {"version": "99"}, {"version": "1", "outputs-TOTAL_FORMS": "x"}],
    ids=["nothing", "no number", "no such version", "broken rows"],
)
def test_a_form_that_no_page_made_is_refused_and_changes_nothing(statistician, report, fields):
    answer = statistician.post(section_address(report, CORE), fields)
    assert answer.status_code in {200, 409}
    assert report.versions.count() == 1
