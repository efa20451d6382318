"""The two questions with which a Head of Profession begins a decision, and what the next page says."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from breaches import comments, decisions, dispatches, editing
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from releases.rules.lifecycle import Role
from tests.support.people import AT, approve, create_office, create_report, dispatch_report, write_sections
from tests.support.report_forms import error_links, filled_in, page_of, section_address, send, status_of, words
from tests.support.report_mornings import create_draft

pytestmark = pytest.mark.django_db

CHANGED = "Changes since you last read the report Edited: Impact of the breach"


def answers(client, report, **given):
    """Answer the questions on the page of a report, as a browser would."""
    page = LexborHTMLParser(client.get(page_of(report, "report")).text)
    form = next(form for form in page.css("main form") if form.attributes["action"] == page_of(report, "decide"))
    hidden = {field.attributes["name"]: field.attributes["value"] for field in form.css("input[type=hidden]")}
    return client.post(page_of(report, "decide"), hidden | given)


def test_nothing_is_preselected_and_both_questions_need_an_answer(client, office, submitted_report):
    client.force_login(office.head)
    page = LexborHTMLParser(client.get(page_of(submitted_report, "report")).text)
    assert page.css("input[type=radio]")
    assert not page.css("input[type=radio][checked]")
    empty = answers(client, submitted_report)
    assert error_links(empty.text) == {"#id_ready": True}
    without_second = answers(client, submitted_report, ready="yes")
    assert error_links(without_second.text) == {"#id_breach": True}
    assert status_of(submitted_report) == ReportStatus.WITH_HOP


@pytest.mark.parametrize(
    ("given", "page"),
    [
        ({"ready": "no"}, "return"),
        ({"ready": "yes", "breach": "report"}, "approve"),
        ({"ready": "yes", "breach": "log"}, "record"),
        ({"ready": "yes", "breach": "no"}, "dismiss"),
    ],
)
def test_the_answers_lead_to_the_page_of_the_decision_and_decide_nothing(client, office, submitted_report, given, page):
    client.force_login(office.head)
    answer = answers(client, submitted_report, **given)
    assert answer.url.startswith(f"{page_of(submitted_report, page)}?")
    shown = words(client.get(answer.url).text)
    assert "The report has not changed since you opened it." in shown
    assert "Access was delayed by just under an hour." in shown
    assert status_of(submitted_report) == ReportStatus.WITH_HOP


def test_the_page_of_the_decision_shows_what_has_changed_since_the_report_was_read(client, office, submitted_report):
    client.force_login(office.head)
    fields = {"ready": "yes", "breach": "report", **numbers_of(submitted_report)}
    write_sections(submitted_report, by=office.deputy, impact="Three users wrote to us.")
    answer = client.post(page_of(submitted_report, "decide"), fields)
    page = client.get(answer.url).text
    assert CHANGED in words(page)
    added = LexborHTMLParser(page).css("main ins.office-new")
    assert any("Three" in piece.text() for piece in added)


@pytest.mark.parametrize(
    "given",
    [{"read": "5"}, {"version": "1"}, {"read": "5", "version": ""}, {"read": "", "version": "1"},
     {"read": "5", "version": "one"}, {"read": "one", "version": "1"}, {"read": "9" * 15, "version": "9" * 15}],
)  # fmt: skip
def test_an_approval_page_opens_although_its_address_does_not_say_which_text_was_read(
    client, office, submitted_report, given
):
    client.force_login(office.head)
    answer = client.get(page_of(submitted_report, "approve"), given)
    assert answer.status_code == 200
    assert answer.context["since"] is None


def test_no_link_or_form_of_the_approval_loses_what_has_changed_since(client, office, submitted_report):
    client.force_login(office.head)
    given = {"ready": "yes", "breach": "report", **numbers_of(submitted_report)}
    write_sections(submitted_report, by=office.deputy, impact="Three users wrote to us.")
    approval = client.post(page_of(submitted_report, "decide"), given).url
    with_annex = link_of(client, approval, "Approve with an annex")
    assert "annex=1" in with_annex
    without_annex = link_of(client, with_annex, "Approve without the annex")
    shown = [with_annex, without_annex]
    others = ("Return the report for changes", "Record in our breach log only", "Not a breach")
    shown += [link_of(client, approval, text) for text in others]
    for page in map(client.get, shown):
        assert CHANGED in words(page.text), page.request["PATH_INFO"]
    form = LexborHTMLParser(client.get(with_annex).text).css_first("main form[action]")
    assert CHANGED in words(client.post(form.attributes["action"], {"annex": "1"}).text)


def resubmit(returned, office):
    """The returned report, submitted again by the statistician with another text."""
    changed = write_sections(returned, by=office.statistician, impact="Three users wrote to us.")
    return decisions.submit_report(changed, by=office.statistician, at=AT)


@pytest.mark.parametrize("page", ["approve", "return", "record", "dismiss"])
def test_a_decision_shows_what_has_changed_since_the_report_was_returned_however_often_it_was_read(
    client, office, returned_report, page
):
    again = resubmit(returned_report, office)
    client.force_login(office.head)
    read = {"read": again.last_change, "version": again.version}
    shown = client.get(page_of(again, page), read).text
    number = returned_report.version
    assert f"Changes since version {number}, which was returned Struck through text was removed." in words(shown)
    assert any("Three" in piece.text() for piece in LexborHTMLParser(shown).css("main ins.office-new"))
    assert "The report has not changed since you opened it." not in words(shown)


def test_a_report_that_comes_back_as_it_was_returned_says_so(client, office, returned_report):
    again = decisions.submit_report(returned_report, by=office.statistician, at=AT)
    client.force_login(office.head)
    page = words(client.get(page_of(again, "approve")).text)
    assert f"Changes since version {again.version}, which was returned The text has not changed." in page


def test_a_correction_is_compared_with_the_approved_version_even_if_an_earlier_text_was_returned(
    client, office, returned_report
):
    sent = dispatch_report(approve(resubmit(returned_report, office), office), office, ReportStatus.SENT)
    draft = dispatches.send_correction(sent, notice="It was longer.", by=office.head, at=AT)
    corrected = write_sections(draft, by=office.statistician, impact="Four users wrote to us.")
    client.force_login(office.head)
    shown = client.get(page_of(corrected, "approve")).text
    assert f"Changes since version {sent.version}, which was approved" in words(shown)
    assert "which was returned" not in words(shown)
    tree = LexborHTMLParser(shown)
    assert [piece.text().split() for piece in tree.css("main del.office-gone")][1:] == [["Removed:", "Three"]]
    submitted = decisions.submit_report(corrected, by=office.statistician, at=AT)
    assert "This report was returned" not in words(client.get(page_of(submitted, "report")).text)


def test_after_a_report_was_dismissed_and_reopened_nothing_is_compared(client, office, dismissed_report):
    reopened = decisions.reopen_report(dismissed_report, reason="News.", by=office.head, at=AT)
    client.force_login(office.head)
    assert "Changes since version" not in words(client.get(page_of(reopened, "approve")).text)


@pytest.mark.parametrize(("person", "page"), [("statistician", "check"), ("head", "check"), ("head", "approve")])
def test_who_submits_or_approves_reads_why_the_report_was_returned_and_which_comments_are_open(
    client, office, returned_report, person, page
):
    section = ReportSection.IMPACT
    for asked in ("How many users?", "Which users?"):
        comment = comments.add_comment(returned_report, section=section, words=asked, by=office.head, at=AT)
    client.force_login(getattr(office, person))
    shown = client.get(page_of(returned_report, page)).text
    notice = words(f"<main>{LexborHTMLParser(shown).css_first('main .govuk-inset-text').html}</main>")
    assert notice.startswith(f"{office.head} returned this report at")
    assert "Say more. 2 comments are not resolved:" in notice
    assert "How many users?" in notice
    assert f'href="{page_of(returned_report, "report")}#section-impact"' in shown
    comments.resolve_comment(returned_report, comment, by=office.statistician, at=AT)
    assert "1 comment is not resolved:" in words(client.get(page_of(returned_report, page)).text)


def test_a_report_that_was_not_returned_and_has_no_comments_has_no_notice(client, office, draft_report):
    client.force_login(office.head)
    for page in ("check", "approve"):
        assert "returned this report" not in words(client.get(page_of(draft_report, page)).text)
        assert "not resolved" not in words(client.get(page_of(draft_report, page)).text)


def numbers_of(report):
    """What the page of a report sends of the state in which it was read."""
    return {"last_change": report.last_change, "version": report.version}


def link_of(client, address, text):
    links = LexborHTMLParser(client.get(address).text).css("a[href]")
    return next(link.attributes["href"] for link in links if " ".join(link.text().split()).startswith(text))


def test_of_a_report_that_was_not_submitted_only_the_second_question_is_asked(client, office, draft_report):
    client.force_login(office.head)
    page = client.get(page_of(draft_report, "report")).text
    assert "The authors have not submitted this report yet." in words(page)
    assert 'name="ready"' not in page
    assert answers(client, draft_report, breach="no").url.startswith(page_of(draft_report, "dismiss"))


def test_of_a_returned_report_the_page_says_that_it_was_not_submitted_again(client, office, returned_report):
    client.force_login(office.head)
    page = words(client.get(page_of(returned_report, "report")).text)
    assert "The report was returned, and the authors have not submitted it again yet." in page


def test_a_choice_that_is_not_possible_says_why(client, office):
    client.force_login(office.head)
    incomplete = create_draft(producer=office.producer)
    page = words(client.get(page_of(incomplete, "report")).text)
    assert "You cannot do this yet. 3 items are missing." in page
    assert page.count("You cannot do this yet.") == 1
    send(client, section_address(incomplete, "circumstances"), circumstances="")
    page = words(client.get(page_of(incomplete, "report")).text)
    assert "record it in our breach log only You cannot do this yet. 1 item is missing." in page


def test_who_wrote_the_text_reads_that_another_person_must_approve_it(client):
    office = create_office(two_person_approval=True)
    report = write_sections(create_draft(producer=office.producer), by=office.head)
    client.force_login(office.head)
    assert "Another person must approve the report." in words(client.get(page_of(report, "report")).text)


@pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.AUDITOR, Role.PUBLISHING_TEAM])
def test_the_questions_are_asked_only_of_those_who_decide(client, office, submitted_report, role):
    client.force_login(office.people[role])
    assert page_of(submitted_report, "decide") not in client.get(page_of(submitted_report, "report")).text
    assert client.post(page_of(submitted_report, "decide"), {"ready": "no"}).status_code == 404


def test_a_lead_with_a_conflict_of_interest_reads_why_they_are_not_asked(client, office, submitted_report):
    editing.declare_own_act(submitted_report, by=office.head, at=AT)
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "report")).text
    assert "You declared a conflict of interest, so you cannot decide on this report." in words(page)
    assert page_of(submitted_report, "decide") not in page
    refused = client.post(page_of(submitted_report, "decide"), {"ready": "no"}, follow=True)
    assert words(refused.text).count("You declared a conflict of interest, so you cannot decide on this report.") == 2


@pytest.mark.parametrize("page", ["approve", "return", "record", "dismiss"])
def test_a_lead_with_a_conflict_of_interest_who_opens_a_decision_directly_reads_who_decides(
    client, office, submitted_report, page
):
    editing.declare_own_act(submitted_report, by=office.deputy, at=AT)
    client.force_login(office.deputy)
    refused = words(client.get(page_of(submitted_report, page), follow=True).text)
    # The page of the report says it too.
    assert refused.count("so you cannot decide on this report. Another Head of Profession or deputy must decide.") == 2


def test_a_decision_that_was_made_is_the_reason_for_everyone_even_with_a_conflict_of_interest(
    client, office, approved_report
):
    editing.declare_own_act(approved_report, by=office.deputy, at=AT)
    for person in (office.deputy, office.head):
        client.force_login(person)
        refused = words(client.get(page_of(approved_report, "approve"), follow=True).text)
        assert "You cannot do this, because the status of the report is ‘Approved’." in refused


def test_an_author_reads_who_decides_next_on_a_report_that_is_awaiting_a_decision(client, office, submitted_report):
    client.force_login(office.statistician)
    refused = words(client.get(section_address(submitted_report, "circumstances"), follow=True).text)
    assert refused.count("The Head of Profession or a deputy decides next. You cannot edit the report") == 2


def test_the_address_of_the_questions_leads_to_them(client, office, submitted_report):
    client.force_login(office.head)
    assert client.get(page_of(submitted_report, "decide")).url == f"{page_of(submitted_report, 'report')}#decision"


def test_the_page_of_the_whole_report_leads_to_the_report_where_nothing_can_be_submitted(
    client, office, submitted_report
):
    client.force_login(office.statistician)
    assert client.get(page_of(submitted_report, "check")).url == page_of(submitted_report, "report")


def test_saving_leads_to_the_next_section_with_something_missing_and_then_to_the_check(client, office):
    report = create_report(office, complete=False)
    client.force_login(office.statistician)
    cause = send(client, page_of(report, "cause"), cause="human_error")
    assert cause.url == f"{page_of(report, 'section', section='impact')}?saved=cause#id_impact"
    assert "‘Cause of the breach’ saved." in words(client.get(cause.url).text)
    again = client.get(send(client, page_of(report, "cause")).url)
    assert "You did not make any changes to ‘Cause of the breach’." in words(again.text)
    assert "saved." not in words(again.text)
    circumstances = client.get(send(client, page_of(report, "section", section="circumstances")).url)
    assert "You did not make any changes to ‘2. Circumstances of breach’." in words(circumstances.text)
    impact = send(client, page_of(report, "section", section="impact"), impact="Users waited.")
    assert impact.url.startswith(page_of(report, "section", section="corrective_actions"))
    actions = page_of(report, "section", section="corrective_actions")
    last = send(client, actions, corrective_actions="A person checks at 9:30am.")
    assert last.url == page_of(report, "check")
    # A complete report is changed from its own page, and saving leads back there.
    again = send(client, page_of(report, "section", section="impact"), impact="Users waited for an hour.")
    assert again.url == f"{page_of(report, 'report')}#section-impact"


def test_a_save_that_changes_nothing_is_not_called_a_success(client, office, draft_report):
    client.force_login(office.statistician)
    address = page_of(draft_report, "section", section="impact")
    answer = client.post(address, filled_in(client.get(address).text), follow=True)
    assert "You did not make any changes." in words(answer.text)
    assert "Success" not in words(answer.text)
