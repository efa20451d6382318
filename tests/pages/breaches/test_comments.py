"""Comments on a section: written, shown there until they are resolved, and kept in the history."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import comments, decisions, merging
from breaches.models import SectionComment
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from releases.rules.lifecycle import MissingFields, MoveRefused, Role
from tests.support.people import AT, create_joint_report, create_office, create_report, move_report, reload_reports
from tests.support.report_forms import error_links, page_of, send, words

pytestmark = pytest.mark.django_db

ASKED = "How many users wrote to us?"
WRITES = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def comment_page(report, section="impact"):
    return page_of(report, "comment", section=ReportSection(section))


def comment_on(report, by, at=AT, said=ASKED):
    return comments.add_comment(report, section=ReportSection.IMPACT, words=said, by=by, at=at)


def test_a_comment_stays_on_its_section_until_it_is_resolved(client, office, submitted_report):
    client.force_login(office.head)
    answer = send(client, comment_page(submitted_report), words=ASKED)
    assert answer.url == f"{page_of(submitted_report, 'report')}#section-impact"
    client.force_login(office.statistician)
    page = client.get(page_of(submitted_report, "report"))
    assert f"Comment by {office.head} at" in words(page.text)
    assert ASKED in words(page.text)
    (comment,) = comments.open_comments(submitted_report)
    address = reverse("breaches:resolve_comment", args=[submitted_report.reference, comment.pk])
    for _ in range(2):
        assert client.post(address).status_code == 302
    assert ASKED not in words(client.get(page_of(submitted_report, "report")).text)
    history = words(client.get(page_of(submitted_report, "history")).text)
    assert f"Impact of the breach: {ASKED}" in history
    assert history.count("Comment resolved: Impact of the breach") == 1


def test_a_comment_stays_after_a_return_a_new_submission_and_the_decision_until_it_is_resolved(
    client, office, submitted_report
):
    comment = comment_on(submitted_report, office.head)
    returned = decisions.return_report(submitted_report, comment="See the comment.", by=office.head, at=AT)
    again = decisions.submit_report(returned, by=office.statistician, at=AT + timedelta(minutes=1))
    assert [one.words for one in comments.open_comments(again)] == [ASKED]
    dismissed = decisions.dismiss_report(again, reason="other", words="No.", by=office.head, at=AT)
    assert comments.open_comments(dismissed) == [comment]
    client.force_login(office.head)
    page = client.get(page_of(dismissed, "report")).text
    assert ASKED in page
    address = reverse("breaches:resolve_comment", args=[dismissed.reference, comment.pk])
    assert address in page
    client.post(address)
    assert ASKED not in client.get(page_of(dismissed, "report")).text


def test_the_same_comment_sent_twice_is_made_once(office, draft_report):
    assert comment_on(draft_report, office.head) == comment_on(draft_report, office.head, at=AT + timedelta(seconds=2))
    assert draft_report.events.filter(kind="commented").count() == 1


def test_an_empty_comment_is_refused(client, office, draft_report):
    client.force_login(office.head)
    assert error_links(send(client, comment_page(draft_report), words=" ").text) == {"#id_words": True}
    with pytest.raises(MissingFields):
        comment_on(draft_report, office.head, said=" ")


@pytest.mark.parametrize("role", list(Role))
def test_those_who_write_or_decide_comment_and_resolve(client, office, draft_report, role):
    comment = comment_on(draft_report, office.head)
    client.force_login(office.people[role])
    asked = client.get(comment_page(draft_report)).status_code
    resolved = client.post(reverse("breaches:resolve_comment", args=[draft_report.reference, comment.pk])).status_code
    assert (asked, resolved) == ((200, 302) if role in WRITES else (404, 404))


def test_no_one_comments_on_what_is_decided(client, office, draft_report):
    report = move_report(draft_report, office, ReportStatus.APPROVED)
    with pytest.raises(MoveRefused):
        comment_on(report, office.head)
    client.force_login(office.head)
    assert comment_page(report) not in client.get(page_of(report, "report")).text
    refused = client.get(comment_page(report), follow=True)
    assert "You cannot do this, because the status of the report is ‘Approved’." in words(refused.text)


def test_a_comment_on_a_report_that_was_decided_since_it_was_read_is_refused(office, submitted_report):
    comment = comment_on(submitted_report, office.head)
    (read,) = reload_reports([submitted_report])
    decisions.dismiss_report(submitted_report, reason="other", words="No.", by=office.head, at=AT)
    with pytest.raises(MoveRefused):
        comment_on(read, office.deputy)
    assert comments.open_comments(read) == [comment]


@pytest.mark.parametrize("state", ["approved", "sent", "closed", "withdrawn", "recorded"])
def test_a_comment_can_be_resolved_in_every_state_of_a_decided_report(client, office, draft_report, state):
    comment = comment_on(draft_report, office.head)
    report = move_report(draft_report, office, ReportStatus(state))
    client.force_login(office.statistician)
    page = client.get(page_of(report, "report")).text
    assert reverse("breaches:resolve_comment", args=[report.reference, comment.pk]) in page
    comments.resolve_comment(report, comment, by=office.statistician, at=AT)
    assert comments.open_comments(report) == []
    client.force_login(office.people[Role.AUDITOR])
    assert "Resolve comment" not in client.get(page_of(report, "report")).text


def test_a_comment_of_another_report_is_not_found(client, office, draft_report):
    other = create_report(office, reference="breach-of-another")
    comment = comment_on(other, office.head)
    client.force_login(office.head)
    address = reverse("breaches:resolve_comment", args=[draft_report.reference, comment.pk])
    assert client.post(address).status_code == 404
    assert [one.pk for one in comments.open_comments(other)] == [comment.pk]


@pytest.fixture(params=[1, 2], ids=["combined", "combined twice"])
def joint(request, office, draft_report):
    """The report into which a draft with a comment went."""
    comment_on(draft_report, office.head)
    report = draft_report
    for _ in range(request.param):
        report = create_joint_report(office, report)
    return report


def resolve_page(report):
    """The address at which a report resolves the comment."""
    return reverse("breaches:resolve_comment", args=[report.reference, SectionComment.objects.get().pk])


def test_a_combined_report_shows_the_comments_of_its_drafts_and_they_are_resolved_there(
    client, office, draft_report, joint
):
    client.force_login(office.statistician)
    page = client.get(page_of(joint, "report")).text
    assert f"Comment by {office.head} on report {draft_report.number} at" in words(page)
    assert ASKED in words(page)
    assert resolve_page(joint) in page
    draft = client.get(page_of(draft_report, "report")).text
    assert ASKED in words(draft)
    assert "Resolve comment" not in words(draft)
    for _ in range(2):
        assert client.post(resolve_page(joint)).url == f"{page_of(joint, 'report')}#section-impact"
    for report in (joint, draft_report):
        assert ASKED not in words(client.get(page_of(report, "report")).text)
    history = words(client.get(page_of(draft_report, "history")).text)
    assert history.count("Comment resolved: Impact of the breach") == 1


@pytest.mark.parametrize("resolved", [True, False])
def test_after_a_split_the_draft_has_its_comment_as_it_was(office, draft_report, resolved):
    comment = comment_on(draft_report, office.head)
    joint = create_joint_report(office, draft_report)
    assert comment_on(joint, office.head) == comment
    if resolved:
        comments.resolve_comment(joint, comment, by=office.statistician, at=AT)
    parted = merging.split_report(joint, by=office.statistician, at=AT)
    assert comments.open_comments(parted) == []
    (draft,) = reload_reports([draft_report])
    assert comments.open_comments(draft) == ([] if resolved else [comment])
    with pytest.raises(MoveRefused):
        comments.resolve_comment(parted, comment, by=office.statistician, at=AT)
    comments.resolve_comment(draft, comment, by=office.statistician, at=AT)
    assert comments.open_comments(draft) == []


def test_a_comment_of_a_draft_is_resolved_in_the_combined_report_after_the_decision_too_but_not_at_the_draft(
    client, office, draft_report, joint
):
    client.force_login(office.head)
    refused = client.post(resolve_page(draft_report), follow=True)
    assert "Resolve the comment on the report that replaced it." in words(refused.text)
    decisions.dismiss_report(joint, reason="other", words="No.", by=office.head, at=AT)
    assert "Resolve comment" in words(client.get(page_of(joint, "report")).text)
    client.post(resolve_page(joint))
    assert ASKED not in words(client.get(page_of(joint, "report")).text)


@pytest.mark.parametrize("role", list(Role))
def test_those_who_write_or_decide_resolve_a_comment_of_a_draft_in_the_combined_report(
    client, office, draft_report, role
):
    comment_on(draft_report, office.head)
    joint = create_joint_report(office, draft_report)
    client.force_login(office.people[role])
    assert client.post(resolve_page(joint)).status_code == (302 if role in WRITES else 404)
    assert bool(comments.open_comments(joint)) is (role not in WRITES)
    client.force_login(create_office().head)
    assert client.post(resolve_page(joint)).status_code == 404


def test_a_combined_report_does_not_find_the_comment_of_a_report_that_is_no_part_of_it(client, office, draft_report):
    joint = create_joint_report(office, create_report(office, reference="breach-of-another"))
    comment_on(draft_report, office.head)
    client.force_login(office.head)
    assert client.post(resolve_page(joint)).status_code == 404
    assert len(comments.open_comments(draft_report)) == 1
