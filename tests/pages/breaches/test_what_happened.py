"""The page "What happened": structured answers, "not known", what is refused, two editors, and what it changes."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, drafting, editing
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.redaction import redact_report
from breaches.rules.answers import MAY_BE_OPEN, MOMENTS, Answer, Question, may_not_apply
from breaches.rules.content import ReportSection, content_from_json
from breaches.rules.document import ACCESS_PROMPT, MISSING_CAUSE_PROMPT
from breaches.rules.lifecycle import Cause, ReportKind
from breaches.versions import current_version
from releases.models import Address, PreReleaseAccess, Verification
from releases.pre_release_access import record_begin
from releases.rules.lifecycle import Role
from tests.integration.breaches.editing.test_published_situations import EVE, NEXT_WEEK, moment
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import write_sections
from tests.support.pre_release_lists import PERSON, granted
from tests.support.report_evidence import london
from tests.support.report_forms import (
    error_links,
    filled_in,
    last_change,
    page_of,
    said,
    section_address,
    send,
    status_of,
    words,
)
from tests.support.report_mornings import create_draft
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

REQUIRED = {
    "what": "the final bulletin",
    "people": "3",
    "posts": "2",
    "recipients": "press officers",
    **moment("happened", "4:10pm"),
    **moment("noticed", "4:25pm"),
    **moment("contained", "4:40pm"),
    "opened": "none",
    "deleted": "all",
    "confirmed": "all",
}


@shared_fixture
def report(office):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    return drafting.start_about_list(release, occurred_on=EVE, by=office.statistician, at=NEXT_WEEK)[0]


@pytest.fixture
def statistician(client, office, time_machine):
    time_machine.move_to(NEXT_WEEK, tick=False)
    client.force_login(office.statistician)
    return client


@pytest.fixture
def address(report):
    return section_address(report, ReportSection.WHAT_HAPPENED)


def answered(client, address, **typed):
    answer = send(client, address, **typed)
    assert answer.status_code == 302, words(answer.text)
    return answer


def test_a_list_alone_does_not_complete_the_report_and_the_summary_links_to_each_question(statistician, office, report):
    editing.choose_cause(report, ChosenCause(Cause.WRONG_RECIPIENT), by=office.statistician, at=NEXT_WEEK)
    report.refresh_from_db()
    for section, field in ((ReportSection.IMPACT, "impact"), (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions")):
        editing.save_section(
            Report.objects.get(pk=report.pk),
            section=section,
            values={field: "Written by a person."},
            expected_version=Report.objects.get(pk=report.pk).version,
            by=office.statistician,
            at=NEXT_WEEK,
        )
    refused = statistician.post(page_of(report, "submit"), {"last_change": last_change(report)})
    assert refused.status_code == 200
    assert status_of(report) == "draft"
    page = statistician.get(section_address(report, ReportSection.WHAT_HAPPENED)).text
    for control, label in (
        ("id_what", "What was sent?"),
        ("id_happened_on-day", "When was it sent?"),
        ("id_people", "How many people received it?"),
        ("id_posts", "How many posts do they hold?"),
        ("id_noticed_on-day", "When was it noticed?"),
        ("id_contained_on-day", "When was it contained?"),
        ("id_opened", "Was it opened?"),
        ("id_deleted", "Was it deleted?"),
        ("id_confirmed", "Was the deletion confirmed?"),
    ):
        link = section_address(report, ReportSection.WHAT_HAPPENED) + f"#{control}"
        assert f'href="{link}">Answer ‘{label}’, or say why it is not known.</a>' in refused.text
        assert f'id="{control}"' in page


@pytest.mark.parametrize(
    "name", ["what", "people", "posts", "recipients", "happened", "noticed", "contained", "opened", "confirmed"]
)
def test_each_required_answer_may_be_not_known_with_the_reason(statistician, office, report, address, name):
    typed = {field: "" if field.startswith(name) else value for field, value in REQUIRED.items()}
    answered(statistician, address, **typed)
    assert [remark.field.removesuffix("_on") for remark in find_missing_answers(report)] == [name]
    answered(statistician, address, **{f"{name}_unknown": "No one recorded it."})
    assert find_missing_answers(report) == []
    assert "(no one recorded it)" in said(report).circumstances


@pytest.mark.parametrize("name", ["contained", "measures", "opened", "deleted", "confirmed"])
def test_an_answer_may_be_not_applicable_with_the_reason(statistician, report, address, name):
    typed = {field: "" if field.startswith(name) else value for field, value in REQUIRED.items()}
    # Nothing is confirmed if nothing was to be deleted.
    answered(statistician, address, **typed | ({"confirmed": ""} if name == "deleted" else {}))
    answered(statistician, address, **{f"{name}_not_applicable": "It was a link."})
    assert find_missing_answers(report) == []
    assert filled_in(statistician.get(address).text)[f"{name}_not_applicable"] == ["It was a link."]
    told = said(report).circumstances
    assert "– Not applicable: " in told
    assert "(it was a link)." in told
    assert "Not known" not in told
    answered(statistician, address, **{f"{name}_not_applicable": ""})
    assert "Not applicable" not in said(report).circumstances


def test_only_what_may_not_apply_is_offered_as_not_applicable(statistician, address):
    offered = {field for field in filled_in(statistician.get(address).text) if field.endswith("_not_applicable")}
    # The release answers when it was due.
    applicable = may_not_apply(ReportKind.PRA) - {Question.DUE}
    assert offered == {f"{question}_not_applicable" for question in applicable}


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"deleted": "all"}, "has an answer and a reason why it does not apply. Clear one of them."),
        ({"deleted_unknown": "No record."}, "cannot be both not known and not applicable. Clear one of the reasons."),
    ],
    ids=["answered", "not known"],
)
def test_what_does_not_apply_has_no_other_answer(statistician, report, address, other, sentence):
    refused = send(statistician, address, deleted_not_applicable="It was a link.", **other)
    assert error_links(refused.text) == {"#id_deleted": True}
    assert f"‘Was it deleted?’ {sentence}" in words(refused.text)
    assert filled_in(refused.text)["deleted_not_applicable"] == ["It was a link."]
    assert said(report).answers.deleted is None


def test_what_is_not_contained_yet_needs_a_reason_and_is_checked_before_submission(statistician, report, address):
    typed = {field: "" if field.startswith("contained") else value for field, value in REQUIRED.items()}
    answered(statistician, address, **typed | {"contained_not_yet": "Two recipients are away."})
    assert find_missing_answers(report) == []
    assert said(report).answers.contained == Answer(why_not_yet="Two recipients are away.")
    assert filled_in(statistician.get(address).text)["contained_not_yet"] == ["Two recipients are away."]
    told = said(report).circumstances
    assert "and had not been contained when this report was written" in told
    assert "– Not contained yet (two recipients are away)." in told
    warning = "The report says that the breach is not contained or corrected yet. Check that this is still true."
    assert warning in words(statistician.get(page_of(report, "check")).text)
    answered(statistician, address, **moment("contained", "4:40pm"), contained_not_yet="")
    assert warning not in words(statistician.get(page_of(report, "check")).text)


@pytest.mark.parametrize(
    "other",
    [moment("contained", "4:40pm"), {"contained_unknown": "No record."}, {"contained_not_applicable": "A link."}],
)
def test_what_is_not_contained_yet_has_no_other_answer(statistician, report, address, other):
    refused = send(statistician, address, contained_not_yet="Two recipients are away.", **other)
    assert error_links(refused.text) == {"#id_contained_on-day": True}
    assert "‘When was it contained?’ has two different answers. Clear all but one of them." in words(refused.text)
    assert said(report).answers.contained is None


def test_only_when_it_was_contained_can_be_answered_not_yet(statistician, address):
    offered = {field for field in filled_in(statistician.get(address).text) if field.endswith("_not_yet")}
    assert offered == {f"{question}_not_yet" for question in MAY_BE_OPEN} == {"contained_not_yet"}


@pytest.mark.parametrize(
    ("kind", "answer"), [("leak", "It is not contained yet"), ("late", ""), ("pra", "It is not contained yet")]
)
def test_the_introduction_names_the_answer_not_yet_where_it_is_offered(statistician, office, kind, answer):
    series = SeriesFactory(producer=office.producer)
    about = drafting.ReportSubject(office.producer, series=series)
    report, _is_new = drafting.start_report(
        about, kind=ReportKind(kind), occurred_on=[EVE], by=office.statistician, at=NEXT_WEEK, form_key=uuid4()
    )
    page = statistician.get(section_address(report, ReportSection.WHAT_HAPPENED)).text
    said_in_introduction = f"If it is not contained or corrected yet, select ‘{answer}’ and say why." in words(page)
    assert said_in_introduction == bool(answer) == ("contained_not_yet" in filled_in(page))


def find_missing_answers(report):
    fresh = Report.objects.get(pk=report.pk)
    return [one for one in decisions.find_needs(fresh, said(fresh)) if one.section is ReportSection.WHAT_HAPPENED]


def test_not_known_is_undone_by_clearing_the_reason(statistician, report, address):
    answered(statistician, address, people_unknown="No log was kept.")
    assert filled_in(statistician.get(address).text)["people_unknown"] == ["No log was kept."]
    answered(statistician, address, people_unknown="", people="4")
    assert said(report).answers.people == Answer(number=4)
    answered(statistician, address, people="")
    assert said(report).answers.people is None


def test_an_answer_and_a_reason_why_it_is_not_known_are_refused_together(statistician, report, address):
    refused = send(statistician, address, people="4", people_unknown="No log was kept.")
    assert error_links(refused.text) == {"#id_people": True}
    assert filled_in(refused.text)["people_unknown"] == ["No log was kept."]


@pytest.mark.parametrize(
    ("typed", "control", "sentence"),
    [
        (
            moment("happened", "9am", EVE.replace(year=2021)),
            "#id_happened_on-day",
            "When it happened must not be in the future.",
        ),
        (
            {**moment("happened", "9am"), **moment("noticed", "8am")},
            "#id_noticed_on-day",
            "The breach cannot have been noticed before it happened (at 9am on 29 June 2020).",
        ),
        (
            {"recipients": f"Mx {PERSON.upper()}"},
            "#id_recipients",
            "must give a post, not a person on the pre-release access list",
        ),
        (
            {"what": "a note to pat@example.gov.uk"},
            "#id_what",
            "must give posts and organisations, not email addresses",
        ),
        (
            {"deleted_not_applicable": f"{PERSON} had a link."},
            "#id_deleted",
            "must give a post, not a person on the pre-release access list",
        ),
        ({"noticed_time": "9am"}, "#id_noticed_on-day", "‘When was it noticed?’ must include a date"),
        ({"people": "many"}, "#id_people", "Enter a whole number, such as 3"),
        ({"people": "0"}, "#id_people", "Enter 1 or a higher number"),
        ({"what": "w" * 501}, "#id_what", "Answer to ‘What was sent?’ must be 500 characters or less"),
        (
            {"deleted": "none", "confirmed": "all"},
            "#id_confirmed",
            "A deletion cannot be confirmed if nothing is known to have been deleted.",
        ),
    ],
    ids=[
        "future",
        "noticed before",
        "name on the list",
        "email address",
        "name in reason",
        "time alone",
        "no number",
        "no person",
        "too long",
        "not deleted",
    ],
)
def test_what_cannot_be_true_or_names_a_person_is_refused_at_its_field(
    statistician, report, address, typed, control, sentence
):
    refused = send(statistician, address, **typed)
    assert refused.status_code == 200
    assert error_links(refused.text) == {control: True}
    assert sentence in words(refused.text)
    assert said(report).answers.given() == {}


def test_a_choice_is_undone(statistician, report, address):
    answered(statistician, address, opened="some")
    answered(statistician, address, opened="", opened_unknown="No receipts were asked for.")
    assert said(report).answers.opened == Answer(why_unknown="No receipts were asked for.")


def test_two_people_who_answer_different_questions_both_keep_their_answers(statistician, office, report, address):
    page = statistician.get(address).text
    answered(statistician, address, what="the final bulletin")
    answered(statistician, address, page=page, people="3")
    answers = said(report).answers
    assert (answers.what, answers.people) == (Answer("the final bulletin"), Answer(number=3))


def test_two_people_who_answer_the_same_question_see_the_other_answer_and_lose_none(statistician, report, address):
    page = statistician.get(address).text
    answered(statistician, address, what="the final bulletin")
    conflict = send(statistician, address, page, what="the draft tables")
    assert conflict.status_code == 409
    assert "What: the final bulletin" in words(conflict.text)
    answered(statistician, address, page=conflict.text)
    assert said(report).answers.what == Answer("the draft tables")


def test_a_conflict_names_the_author_of_the_same_answer_and_not_of_a_later_one(statistician, office, report, address):
    page = statistician.get(address).text
    version = report.version
    for person, name, answer in ((office.head, "what", "the tables"), (office.deputy, "where", "on a shared drive")):
        report = editing.save_section(
            report,
            section=ReportSection.WHAT_HAPPENED,
            values={"answers": replace(said(report).answers, **{name: Answer(answer)})},
            expected_version=report.version,
            by=person,
            at=NEXT_WEEK,
        ).report
    assert report.version == version + 2
    conflict = words(send(statistician, address, page, what="the draft tables").text)
    assert f"Not saved yet {office.head} changed this at" in conflict


def test_the_answers_write_the_circumstances_until_a_person_edits_them_and_are_then_offered(
    statistician, report, address
):
    answered(statistician, address, **REQUIRED)
    written = said(report).circumstances
    assert "The final bulletin went to 3 people in 2 posts (press officers) at 4:10pm" in written
    own = section_address(report, ReportSection.CIRCUMSTANCES)
    answered(statistician, own, circumstances="My own account.")
    answered(statistician, address, people="5")
    assert said(report).circumstances == "My own account."
    assert "went to 5 people" in words(statistician.get(own).text)
    assert "Facts changed" in words(statistician.get(page_of(report, "report")).text)


def previewed(client, address, **typed):
    """The preview as htmx asks for it, with the answers typed into the page."""
    fields = filled_in(client.get(address).text) | typed
    answer = client.post(address, fields | {"preview": "account"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return " ".join(LexborHTMLParser(answer.text).body.text(separator=" ").split())


def preview_on(page):
    (preview,) = LexborHTMLParser(page).css(".office-preview")
    return " ".join(preview.text(separator=" ").split())


def test_the_form_shows_the_text_from_the_saved_answers_without_scripts(statistician, report, address):
    before = preview_on(statistician.get(address).text)
    assert "From the saved answers. ‘" in before
    assert "The pre-release access list follows this text in the report." in before
    answered(statistician, address, **REQUIRED)
    shown = preview_on(statistician.get(address).text)
    assert "The final bulletin went to 3 people in 2 posts" in shown
    assert said(report).circumstances.split("\n\n")[0] in shown
    assert PERSON not in shown


def test_the_preview_has_the_typed_answers_and_saves_nothing(statistician, report, address):
    version = Report.objects.get(pk=report.pk).version
    shown = previewed(statistician, address, what="the draft tables", **moment("happened", "4:10pm"))
    assert "From the answers on this page. They are not saved yet." in shown
    assert (
        "The draft tables went out at 4:10pm on 29 June 2020, 17 hours 20 minutes before the release was due." in shown
    )
    assert said(report).answers.given() == {}
    assert Report.objects.get(pk=report.pk).version == version


def test_an_answer_that_makes_the_account_too_long_is_named_while_it_is_typed_and_before_submission(
    statistician, report, address
):
    typed = {"what": " ".join(["table"] * 70), **moment("happened", "4:10pm")}
    shown = previewed(statistician, address, **typed)
    answered(statistician, address, **typed)
    number = len(said(report).circumstances.split("\n\n")[0].split())
    warning = (
        f"The first paragraph from the answers has {number} words, but should have at most 80. Shorten the answer to "
        "‘What was sent?’."
    )
    assert number > 80
    assert warning in shown
    assert warning in preview_on(statistician.get(address).text)
    check = page_of(report, "check")
    assert warning in words(statistician.get(check).text)
    own = section_address(report, ReportSection.CIRCUMSTANCES)
    answered(statistician, own, circumstances="My own account.")
    assert "words, but should have" not in words(statistician.get(check).text)


def test_the_preview_leaves_out_answers_with_an_error(statistician, address):
    typed = {"noticed_on-day": "29", "noticed_on-month": "13", "people": "many", "happened_time": "25:99"}
    shown = previewed(statistician, address, what="the draft tables", **typed)
    assert "The draft tables went out on 29 June 2020. The cause has not been recorded." in shown
    shown = previewed(statistician, address, what="the draft tables", what_unknown="No one recorded it.")
    assert "draft tables" not in shown
    assert "– Not known: what was sent (no one recorded it)." in shown


def test_a_form_with_errors_comes_back_with_the_text_from_the_typed_answers(statistician, address):
    refused = send(statistician, address, what="the draft tables", people="many")
    assert "The draft tables went out" in preview_on(refused.text)
    assert "not saved yet" in preview_on(refused.text)


def test_the_preview_says_that_it_does_not_replace_text_that_a_person_edited(statistician, report, address):
    sentence = "We show this text next to it and do not replace it."
    assert sentence not in preview_on(statistician.get(address).text)
    answered(statistician, section_address(report, ReportSection.CIRCUMSTANCES), circumstances="My own account.")
    assert sentence in preview_on(statistician.get(address).text)


def test_a_report_without_answers_and_facts_says_that_there_is_no_text_yet(statistician, office):
    about = drafting.ReportSubject(office.producer)
    leak, _is_new = drafting.start_report(
        about, kind=ReportKind.LEAK, occurred_on=[EVE], by=office.statistician, at=NEXT_WEEK, form_key=uuid4()
    )
    page = statistician.get(section_address(leak, ReportSection.WHAT_HAPPENED)).text
    assert "There is no text yet. We write it when you answer the questions." in preview_on(page)


def test_the_preview_says_what_the_page_of_the_cause_asks(statistician, office, report, address):
    asked = "We ask for the cause on a separate page."
    assert asked in preview_on(statistician.get(address).text)
    send(statistician, page_of(report, "cause"), cause="wrong_recipient")
    assert asked not in preview_on(statistician.get(address).text)
    about = drafting.ReportSubject(office.producer)
    late, _is_new = drafting.start_report(
        about, kind=ReportKind.LATE, occurred_on=[EVE], by=office.statistician, at=NEXT_WEEK, form_key=uuid4()
    )
    page = statistician.get(section_address(late, ReportSection.WHAT_HAPPENED)).text
    assert "We ask for the cause, and when the release was made available, on a separate page." in preview_on(page)


def test_the_preview_says_that_the_session_has_ended_and_nothing_about_the_report(statistician, report, address):
    statistician.logout()
    for where in (address, address.replace(report.reference, "no-such-report")):
        answer = statistician.post(where, {"preview": "account"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        (part,) = LexborHTMLParser(answer.text).css(".office-preview__part")
        assert part.text().strip() == "You are signed out. Save to sign in again. We will store your answers."
        assert "<title" not in answer.text
    assert statistician.post(address, {"preview": "account"}).status_code == 302


def test_only_this_section_has_a_preview(statistician, report):
    for section in set(ReportSection) - {ReportSection.WHAT_HAPPENED}:
        assert "office-preview" not in statistician.get(section_address(report, section)).text


def test_the_cause_is_written_into_the_account_and_its_author_is_not_an_author_of_the_text(
    statistician, office, report, address
):
    answered(statistician, address, **REQUIRED)
    chosen = send(statistician, page_of(report, "cause"), cause="wrong_recipient")
    assert chosen.status_code == 302
    assert "because the wrong recipients were chosen." in said(report).circumstances
    assert current_version(Report.objects.get(pk=report.pk)).written_by is None
    send(statistician, page_of(report, "cause"), cause="not_known")
    assert "The cause is not known yet." in said(report).circumstances


def test_the_draft_asks_for_the_answers_and_then_only_for_the_cause(statistician, report, address):
    check = page_of(report, "check")
    assert ACCESS_PROMPT in words(statistician.get(check).text)
    answered(statistician, address, **REQUIRED)
    page = words(statistician.get(check).text)
    assert MISSING_CAUSE_PROMPT in page
    assert ACCESS_PROMPT not in page
    send(statistician, page_of(report, "cause"), cause="wrong_recipient")
    assert MISSING_CAUSE_PROMPT not in words(statistician.get(check).text)


def test_the_causes_offered_are_those_of_the_kind(statistician, report):
    page = words(statistician.get(page_of(report, "cause")).text)
    assert "Wrong recipient List out of date Sent too early Wrong document or link" in page
    assert "scheduler" not in page


def test_a_report_about_a_late_release_has_no_such_section(client, office, drafted_late):
    client.force_login(office.statistician)
    assert client.get(section_address(drafted_late, ReportSection.WHAT_HAPPENED)).status_code == 404
    assert "What happened" not in words(client.get(page_of(drafted_late, "report")).text).replace("what happened", "")


@pytest.fixture
def drafted_late(office):
    return create_draft(producer=office.producer)


def test_the_report_page_lists_the_section_with_what_is_missing(statistician, report, address):
    page = words(statistician.get(page_of(report, "report")).text)
    assert "What happened Incomplete Change" in page
    assert "10 items are missing." in page
    assert "Circumstances of breach Incomplete" in page
    answered(statistician, address, **REQUIRED)
    page = words(statistician.get(page_of(report, "report")).text)
    assert "What happened Completed" in page
    assert "Circumstances of breach Completed" in page


def test_the_day_of_the_start_is_filled_in_so_that_only_the_time_is_typed(statistician, report, address):
    answered(statistician, address, happened_time="4:10pm")
    assert said(report).answers.happened == Answer(on=EVE, at=london("16:10", EVE.isoformat()))


def test_that_the_day_is_filled_in_does_not_prevent_the_answer_that_it_is_not_known(statistician, report, address):
    answered(statistician, address, happened_unknown="The log has gaps.")
    assert said(report).answers.happened == Answer(why_unknown="The log has gaps.")
    assert filled_in(statistician.get(address).text)["happened_on-day"] == [""]


OTHER_START = (
    "The pre-release access list records that access began at 9:35am on 29 June 2020. The answer to "
    "‘When was it sent?’ is 4:10pm on 29 June 2020. Check these times. Both times can be right if the statistics were "
    "sent to someone who is not on the list. The report shows both times."
)


def test_a_recorded_start_of_access_that_differs_from_the_answer_is_warned_about_and_not_refused(
    statistician, office, report, address
):
    entry = PreReleaseAccess.objects.get(release__started_reports__report=report)
    record_begin(
        entry, began_at=london("09:35", "2020-06-29"), by=office.statistician, at=NEXT_WEEK, expected_version=1
    )
    assert "access began" not in preview_on(statistician.get(address).text)
    assert OTHER_START in previewed(statistician, address, happened_time="4:10pm")
    assert "access began" not in previewed(statistician, address, happened_time="9:35am")
    answered(statistician, address, **REQUIRED)
    assert OTHER_START in preview_on(statistician.get(address).text)
    write_sections(Report.objects.get(pk=report.pk), by=office.statistician, at=NEXT_WEEK)
    check = statistician.get(page_of(report, "check")).text
    assert OTHER_START in words(check)
    assert f'href="{address}#id_happened_on-day">{OTHER_START}</a>' in check
    send(statistician, page_of(report, "submit"), check)
    assert status_of(report) == "with_hop"
    statistician.force_login(office.head)
    assert OTHER_START in words(statistician.get(page_of(report, "approve")).text)
    told = said(report).circumstances
    assert "at 4:10pm on 29 June 2020" in told
    assert "According to the record, access began at 9:35am on 29 June 2020." in told


NOT_EARLY = (
    "According to our checks, the release was on time. Last found not live at 9:29:55am. First found live at 9:30:02am."
    "{answer} Check whether this report is still needed, and whether it is about the right release and page. The "
    "report and our checks can both be right if the release appeared at another address, or was taken down before our "
    "checks. The report does not contain these results."
)


def test_a_release_reported_as_early_that_our_checks_found_on_time_is_warned_about_and_neither_is_changed(
    statistician, office
):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    about = drafting.ReportSubject(office.producer, release=release)
    report, _is_new = drafting.start_report(
        about, kind=ReportKind.EARLY, occurred_on=[EVE], by=office.statistician, at=NEXT_WEEK, form_key=uuid4()
    )
    address = section_address(report, ReportSection.WHAT_HAPPENED)
    assert "Our checks" not in preview_on(statistician.get(address).text), "there is no result"
    verdict = Verification.objects.create(
        release=release,
        schedule_version=release.schedule_version,
        due_at=release.due_at,
        tolerance_seconds=120,
        outcome="on_time",
        last_not_live_at=london("09:29:55"),
        first_live_at=london("09:30:02"),
    )
    assert NOT_EARLY.format(answer="") in preview_on(statistician.get(address).text)
    at = " The answer to ‘When did it appear?’ is 4:10pm on 29 June 2020."
    assert NOT_EARLY.format(answer=at) in previewed(statistician, address, **moment("happened", "4:10pm"))
    answered(statistician, address, **{name: REQUIRED[name] for name in REQUIRED if name.partition("_")[0] in MOMENTS})
    check = statistician.get(page_of(report, "check")).text
    assert f'href="{address}#id_happened_on-day">{NOT_EARLY.format(answer=at)}</a>' in check
    assert "Our checks" not in said(report).circumstances
    verdict.refresh_from_db()
    assert verdict.outcome == "on_time"
    Verification.objects.filter(pk=verdict.pk).update(outcome="uncertain")
    assert "Our checks" not in words(statistician.get(page_of(report, "check")).text)


def test_another_day_of_the_event_becomes_the_date_of_occurrence(statistician, report, address):
    day_before = EVE - timedelta(days=1)
    answered(statistician, address, **moment("happened", "4:10pm", day_before))
    assert said(report).occurred_on == (day_before,)
    assert Report.objects.get(pk=report.pk).occurred_on == day_before


def test_a_date_of_occurrence_without_the_day_of_the_event_is_refused(statistician, report, address):
    answered(statistician, address, **moment("happened", "4:10pm"))
    own = section_address(report, ReportSection.CIRCUMSTANCES)
    refused = send(statistician, own, **{"dates-0-on-day": "28"})
    assert refused.status_code == 200
    assert (
        "‘Date of occurrence of breach’ must include 29 June 2020, the day given under ‘What happened’. "
        "If that day is wrong, change it there."
    ) in words(refused.text)
    assert said(report).occurred_on == (EVE,)


def test_the_day_that_is_filled_in_does_not_replace_the_time_that_another_person_saved(statistician, report, address):
    page = statistician.get(address).text
    answered(statistician, address, **moment("happened", "4:10pm"))
    answered(statistician, address, page=page, people="3")
    answers = said(report).answers
    assert answers.people == Answer(number=3)
    assert answers.happened.at == london("16:10", EVE.isoformat())


def test_no_one_is_asked_for_an_address_that_we_leave_out_until_the_release_is_public(statistician, report):
    note = "has no web address, so it is printed without a link"
    assert note not in words(statistician.get(page_of(report, "check")).text)
    Address.objects.filter(release__started_reports__report=report).delete()
    assert note in words(statistician.get(page_of(report, "check")).text)


def test_sending_the_section_as_it_stands_changes_nothing(statistician, report, address):
    answered(statistician, address, **REQUIRED)
    version = Report.objects.get(pk=report.pk).version
    answered(statistician, address)
    assert Report.objects.get(pk=report.pk).version == version


def test_whoever_may_not_read_the_report_finds_no_page(client, office, report, address):
    client.force_login(office.people[Role.AUDITOR])
    assert client.get(address).status_code == 404
    assert client.post(address, {"what": "x", "version": "1"}).status_code == 404


def test_the_start_page_says_what_is_asked_next(statistician, report):
    page = words(statistician.get(reverse("breaches:section", args=[report.reference, "what_happened"])).text)
    assert "Use job titles and organisations, not people’s names." in page


@pytest.mark.parametrize("word", ["Minister of Examples", "what", "people"])
def test_a_redaction_removes_words_from_the_answers_of_every_version_and_leaves_them_readable(
    statistician, office, report, address, word
):
    answered(statistician, address, recipients=f"The {word}", people_unknown=f"The {word} kept no log.")
    answered(statistician, address, measures_not_applicable=f"The {word} left.")
    answered(statistician, address, posts="2")
    redact_report(report, words=word, why="It identifies one man.", by=office.head, at=NEXT_WEEK)
    for version in report.versions.all():
        answers = content_from_json(version.content).answers
        assert word not in str([answer.words for answer in answers.given().values()])
        assert answers.recipients is None or "[removed on 7 July 2020]" in answers.recipients.text
    assert statistician.get(page_of(report, "report")).status_code == 200


def test_answers_that_were_read_before_a_redaction_do_not_put_the_removed_words_back(
    statistician, office, report, address
):
    answered(statistician, address, recipients="The Minister of Examples")
    page = statistician.get(address).text
    redact_report(report, words="Minister of Examples", why="It identifies one man.", by=office.head, at=NEXT_WEEK)
    conflict = send(statistician, address, page, people="3")
    assert conflict.status_code == 409
    assert "The saved text was redacted while you were writing." in words(conflict.text)
    assert "The [removed on 7 July 2020]" in words(conflict.text)
    assert "Minister of Examples" not in str([version.content for version in report.versions.all()])
    answered(statistician, address, page=conflict.text, recipients="A Minister")
    answers = said(report).answers
    assert (answers.recipients, answers.people) == (Answer("A Minister"), Answer(number=3))


def test_answers_are_compared_between_versions(statistician, report, address):
    answered(statistician, address, **REQUIRED)
    page = words(statistician.get(page_of(report, "changes", since=1, number=2)).text)
    assert "Number of people: 3" in page


def test_a_report_can_be_submitted_once_everything_is_answered(statistician, office, report, address):
    answered(statistician, address, **REQUIRED)
    write_sections(Report.objects.get(pk=report.pk), by=office.statistician, at=NEXT_WEEK)
    send(statistician, page_of(report, "submit"), statistician.get(page_of(report, "check")).text)
    assert status_of(report) == "with_hop"
