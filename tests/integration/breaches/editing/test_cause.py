"""A person chooses the cause from a list and, for a late release, says when it was made available."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import decisions, drafting, editing, layout, refreshing, versions
from breaches.editing import ChosenCause
from breaches.facts import compare_availability
from breaches.models import Report
from breaches.redaction import redact_report
from breaches.rules.causes import CAUSE_NOT_RECORDED
from breaches.rules.content import ReportSection
from breaches.rules.document import ACCOUNT_PROMPT
from breaches.rules.lifecycle import Cause, ReportKind, ReportStatus
from breaches.text import event_author, event_title
from breaches.versions import content_of
from releases.models import Release
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused, Role
from tests.integration.breaches.sign_off.test_permission_matrix import MOVES
from tests.support.observations import set_clock_bound
from tests.support.people import AT, create_joint_report, create_report
from tests.support.report_evidence import NOT_LIVE, london
from tests.support.report_forms import error_links, filled_in, section_address, send, words
from tests.support.report_mornings import record_checks
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

FOUND = ChosenCause(Cause.OUTAGE, "The server stopped.")
WRITES = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@shared_fixture
def uncaused_report(draft_report):
    """A report with all of its text, of which no one has chosen the cause."""
    Report.objects.filter(pk=draft_report.pk).update(cause="")
    return fresh(draft_report)


def fresh(report):
    return Report.objects.select_related("producer").get(pk=report.pk)


def without_end(report):
    """The record does not show when it was made available."""
    verdict = report.suspicions.get().verification
    type(verdict).objects.filter(pk=verdict.pk).update(first_live_at=None)
    return report


def title_of(report):
    return report.suspicions.get().release.title


def write_circumstances(report, office, text):
    """The report after a person has edited the account."""
    return editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        only=["circumstances"],
        values={"circumstances": text},
        expected_version=fresh(report).version,
        by=office.statistician,
        at=AT,
    ).report


def page_of(report, name="cause"):
    return reverse(f"breaches:{name}", args=[report.reference])


def test_the_machine_chooses_no_cause(office):
    assert create_report(office, complete=False).cause == ""


@pytest.mark.parametrize("act", ["submit", "approve"])
def test_a_report_without_a_cause_is_neither_submitted_nor_approved(office, uncaused_report, act):
    with pytest.raises(versions.Incomplete) as refused:
        MOVES[act](uncaused_report, office.head)
    assert [remark.field for remark in refused.value.remarks] == ["cause"]


def test_a_cause_that_is_not_known_yet_can_be_submitted(office, uncaused_report):
    report = editing.choose_cause(uncaused_report, ChosenCause(Cause.NOT_KNOWN), by=office.statistician, at=AT)
    assert decisions.submit_report(report, by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


def test_a_cause_is_of_the_list_and_another_one_is_put_in_words(office, uncaused_report):
    for found in (ChosenCause("gremlins"), ChosenCause(""), ChosenCause(Cause.OTHER, " ")):
        with pytest.raises(MissingFields):
            editing.choose_cause(uncaused_report, found, by=office.statistician, at=AT)
    assert fresh(uncaused_report).cause == ""


def test_the_account_of_the_record_gives_the_chosen_cause_and_no_prompt_asks_for_it(office, uncaused_report):
    before = versions.current_version(uncaused_report)
    assert layout.lay_out_report(uncaused_report, before).sections[1].prompt
    chosen = editing.choose_cause(uncaused_report, FOUND, by=office.statistician, at=AT)
    again = editing.choose_cause(chosen, FOUND, by=office.statistician, at=AT)
    assert (chosen.cause, chosen.cause_words) == ("outage", "The server stopped.")
    assert again.version == chosen.version == uncaused_report.version + 1
    version = versions.current_version(chosen)
    assert content_of(chosen).circumstances.endswith(", because of an outage.")
    assert layout.lay_out_report(chosen, version).sections[1].prompt == ACCOUNT_PROMPT
    assert version.written_by is None
    event = uncaused_report.events.filter(kind="cause_chosen").last()
    assert (event.facts["to"]["cause"], event.words) == ("outage", "The server stopped.")
    assert uncaused_report.events.filter(kind="cause_chosen", facts__to__cause="outage").count() == 1
    newest = uncaused_report.events.order_by("-position")[:2]
    assert [(event_title(event), event_author(event)) for event in newest] == [
        ("Circumstances of breach updated automatically after the cause was selected", "The automatic check"),
        ("Cause selected: Outage", "Statistician, statistician"),
    ]


def test_the_title_of_an_event_says_which_answer_about_the_cause_changed(office, uncaused_report):
    titles = []
    for change in (
        {},
        {"available_at": london("09:35")},
        {"available_at": london("09:43:50")},
        {"available_at": london("09:43:50") + timedelta(days=1)},
        {"available_at": None, "available_unknown": "The log is lost."},
        {"cause_words": "The server stopped twice."},
        {"cause": Cause.NOT_KNOWN},
    ):
        found = replace(editing.cause_of(uncaused_report) if titles else FOUND, **change)
        uncaused_report = editing.choose_cause(
            uncaused_report, found, by=office.statistician, at=AT + timedelta(days=2)
        )
        titles.append(event_title(uncaused_report.events.filter(kind="cause_chosen").last()))
    assert titles == [
        "Cause selected: Outage",
        "Time of availability added: 9:35am on 30 June 2020",
        "Time of availability changed from 9:35am to 9:43:50am",
        "Time of availability changed from 9:43:50am on 30 June 2020 to 9:43:50am on 1 July 2020",
        "Time of availability removed",
        "Answers about the cause changed",
        "Cause selected: Not known yet",
    ]


def test_a_cause_that_changes_is_replaced_in_the_account(office, uncaused_report):
    report = editing.choose_cause(uncaused_report, ChosenCause(Cause.NOT_KNOWN), by=office.statistician, at=AT)
    assert content_of(report).circumstances.endswith(" late. The cause is not known yet.")
    other = ChosenCause(Cause.OTHER, "the template of the site merges pages")
    report = editing.choose_cause(report, other, by=office.statistician, at=AT)
    assert content_of(report).circumstances.endswith(" late. The template of the site merges pages.")


def test_new_facts_leave_the_cause_in_the_account(office, uncaused_report):
    editing.choose_cause(uncaused_report, FOUND, by=office.statistician, at=AT)
    record_checks(uncaused_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:06"))
    account = content_of(fresh(uncaused_report)).circumstances
    assert "gone by 11:05am" in account
    assert account.endswith("An outage caused this.")


def test_text_that_a_person_edited_stays_and_a_warning_says_that_it_gives_another_cause(client, office):
    report = write_circumstances(create_report(office, complete=False), office, "The site was slow.")
    report = editing.choose_cause(report, FOUND, by=office.statistician, at=AT)
    assert content_of(report).circumstances == "The site was slow."
    assert not refreshing.changed_facts(report, versions.current_version(report))
    client.force_login(office.statistician)
    warning = "but the recorded cause is ‘Outage’. Correct the text or the cause."
    assert warning not in words(client.get(page_of(report, "check")).text)
    write_circumstances(report, office, "The site was slow because of human error.")
    page = words(client.get(page_of(report, "check")).text)
    assert f"‘Circumstances of breach’ says ‘because of human error’, {warning}" in page
    write_circumstances(report, office, "The site was slow because of an outage.")
    assert warning not in words(client.get(page_of(report, "check")).text)


def test_a_person_who_takes_the_text_of_the_record_gets_it_with_the_cause(client, office):
    report = write_circumstances(create_report(office, complete=False), office, "The site was slow.")
    report = editing.choose_cause(report, ChosenCause(Cause.NOT_KNOWN), by=office.statistician, at=AT)
    client.force_login(office.statistician)
    address = section_address(report, "circumstances")
    page = send(client, address, take="circumstances").text
    assert filled_in(page)["circumstances"][0].endswith(" late. The cause is not known yet.")


LONG_CAUSE = "The template of the site merges pages. It did so for three years, and no one noticed it until now."


def take_newest_account(client, office, text, cause=LONG_CAUSE):
    """The circumstances offered to a person who edited the account, chose a cause and takes the newest account."""
    report = create_report(office, complete=False)
    account = content_of(report).circumstances
    report = write_circumstances(report, office, text.format(account))
    report = editing.choose_cause(report, ChosenCause(Cause.OTHER, cause), by=office.statistician, at=AT)
    client.force_login(office.statistician)
    page = send(client, section_address(report, "circumstances"), take="circumstances").text
    return account.removesuffix(f" {CAUSE_NOT_RECORDED}"), filled_in(page)["circumstances"][0].replace("\r\n", "\n")


@pytest.mark.parametrize("text", ["The site was slow.", "{}"])
def test_a_long_cause_is_the_last_paragraph_of_the_text_of_the_record(client, office, text):
    account, taken = take_newest_account(client, office, f"{text}\n" if text == "{}" else text)

    assert taken.rstrip() == f"{account}\n\n{LONG_CAUSE}"


def test_a_long_cause_is_inserted_between_the_account_and_the_text_that_a_person_added(client, office):
    account, taken = take_newest_account(client, office, "Before.\n\n{}\n\nAfter.")

    assert taken == f"Before.\n\n{account}\n\n{LONG_CAUSE}\n\nAfter."


def test_a_long_cause_that_a_person_already_added_is_not_inserted_again(client, office):
    account, taken = take_newest_account(client, office, f"{{}}\n\n{LONG_CAUSE}")

    assert taken == f"{account}\n\n{LONG_CAUSE}"


def test_a_short_cause_in_own_words_is_a_sentence_of_the_text_of_the_record(client, office):
    account, taken = take_newest_account(client, office, "The site was slow.", cause="the template merges pages")

    assert taken == f"{account} The template merges pages."


def test_the_page_of_the_cause_says_that_it_is_printed(client, office, uncaused_report):
    client.force_login(office.statistician)
    assert "If no one has edited ‘Circumstances of breach’, we add the cause there." in words(
        client.get(page_of(uncaused_report)).text
    )
    assert "Not printed. We use the cause" not in words(client.get(page_of(uncaused_report, "report")).text)


def test_while_a_report_is_with_the_head_its_writers_change_no_cause(office, submitted_report):
    with pytest.raises(MoveRefused, match="cannot edit this report"):
        editing.choose_cause(submitted_report, FOUND, by=office.statistician, at=AT)
    assert editing.choose_cause(submitted_report, FOUND, by=office.head, at=AT).cause == "outage"


def test_a_cause_that_is_found_later_is_kept_by_a_lead_and_voids_no_approval(office, sent_report):
    with pytest.raises(MoveRefused, match="cannot edit this report"):
        editing.choose_cause(sent_report, FOUND, by=office.statistician, at=AT)
    later = editing.choose_cause(sent_report, FOUND, by=office.deputy, at=AT)
    assert (later.status, later.version, later.cause) == (ReportStatus.SENT, sent_report.version, "outage")


def test_of_two_who_choose_at_once_the_second_is_told(office, uncaused_report):
    editing.choose_cause(fresh(uncaused_report), FOUND, by=office.statistician, at=AT)
    with pytest.raises(ChangedMeanwhile):
        editing.choose_cause(uncaused_report, ChosenCause(Cause.CACHE), by=office.head, at=AT)


def test_the_records_own_interval_says_when_it_was_made_available(office, draft_report):
    assert decisions.is_closed(draft_report)
    assert decisions.submit_report(draft_report, by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


@pytest.mark.parametrize(
    "said",
    [{"available_at": london("10:45")}, {"available_unknown": "The publisher keeps no log."}],
    ids=["a time", "why not known"],
)
def test_where_the_record_shows_no_end_someone_says_when_or_why_not(office, said, draft_report):
    report = without_end(draft_report)
    with pytest.raises(versions.Incomplete, match="made available"):
        decisions.submit_report(report, by=office.statistician, at=AT)
    report = editing.choose_cause(report, replace(FOUND, **said), by=office.statistician, at=AT)
    assert decisions.submit_report(report, by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


def test_what_is_not_late_needs_no_time(office, draft_report):
    report = without_end(draft_report)
    report.suspicions.update(kind=ReportKind.EARLY)
    Report.objects.filter(pk=report.pk).update(kind=ReportKind.EARLY)
    assert decisions.submit_report(fresh(report), by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


@pytest.mark.parametrize(
    ("clock", "why"),
    [("09:29", "enter a date and time after the release was due"), ("11:01", "must be in the past")],
    ids=["before", "to come"],
)
def test_it_was_made_available_after_it_was_due_and_by_now(office, clock, why):
    with pytest.raises(FieldRefused, match=why):
        editing.choose_cause(
            create_report(office), replace(FOUND, available_at=london(clock)), by=office.statistician, at=AT
        )


def test_when_it_was_made_available_can_be_printed_as_a_statement(office, draft_report):
    found = replace(FOUND, available_at=london("10:20"))
    report = editing.choose_cause(draft_report, found, by=office.statistician, at=AT)
    stated = [entry for entry in editing.timeline_entries(report) if entry.source == "available"]
    assert [(entry.at, entry.text) for entry in stated] == [
        (london("10:20"), f"The producer states that ‘{title_of(report)}’ was available.")
    ]
    said = f"The producer states that ‘{title_of(report)}’ was available at 10:20am on 30 June 2020."
    assert content_of(report).circumstances.endswith(f"because of an outage.\n\n{said}")


def test_a_person_who_edited_the_account_is_offered_the_stated_time_and_the_report_page_shows_it(client, office):
    report = write_circumstances(create_report(office, complete=False), office, "The site was slow.")
    found = replace(FOUND, available_at=london("10:20"))
    report = editing.choose_cause(report, found, by=office.statistician, at=AT)
    offered = refreshing.changed_facts(report, versions.current_version(report))["circumstances"]
    assert offered.endswith("was available at 10:20am on 30 June 2020.")
    client.force_login(office.head)
    said = f"The server stopped. The producer states that ‘{title_of(report)}’ was available at 10:20am"
    assert said in words(client.get(page_of(report, "report")).text)


def test_a_stated_time_is_printed_with_its_seconds_if_they_were_entered(office, draft_report):
    found = replace(FOUND, available_at=london("10:27:05"))
    report = editing.choose_cause(draft_report, found, by=office.statistician, at=AT)
    assert content_of(report).circumstances.endswith("was available at 10:27:05am on 30 June 2020.")


@pytest.mark.parametrize(
    ("clock", "warns"), [("10:25", True), ("10:26", False), ("10:26:54", True), ("10:26:55", False), ("10:28", False)]
)
def test_a_check_that_missed_it_after_the_stated_time_is_a_warning(client, office, uncaused_report, clock, warns):
    """The last check that did not find it was sent at 10:26:55am."""
    client.force_login(office.statistician)
    on = {"available_on-day": "30", "available_on-month": "6", "available_on-year": "2020"}
    saved = send(client, page_of(uncaused_report), cause="outage", available_time=clock, **on)
    missed = "but our check did not find it at 10:26:55am."
    warning = f"{missed} Check the time, or explain"
    assert (warning in words(client.get(saved.url).text)) is warns
    checked = client.get(page_of(uncaused_report, "check")).text
    assert (warning in words(checked)) is warns
    assert (f"{page_of(uncaused_report)}#id_available_on-day" in checked) is warns
    decisions.submit_report(fresh(uncaused_report), by=office.statistician, at=AT)
    client.force_login(office.head)
    for page in ("report", "approve"):
        assert (warning in words(client.get(page_of(uncaused_report, page)).text)) is warns


def test_a_check_of_any_release_can_contradict_the_time_of_the_last_of_several(office, uncaused_report):
    joint = create_joint_report(office, uncaused_report)
    for number, suspicion in enumerate(joint.suspicions.order_by("pk")):
        Release.objects.filter(pk=suspicion.release_id).update(title=f"Release {number}")
    report = editing.choose_cause(joint, replace(FOUND, available_at=london("10:25")), by=office.statistician, at=AT)
    warning = compare_availability(report)
    assert warning.startswith(
        "The producer states that the last of ‘Release 0’ and ‘Release 1’ was available at 10:25am"
    )
    assert "but our check did not find ‘Release" in warning


def test_a_check_that_missed_it_is_no_warning_if_our_clock_may_have_been_wrong(office, draft_report):
    found = replace(FOUND, available_at=london("10:26:54"))
    report = editing.choose_cause(draft_report, found, by=office.statistician, at=AT)
    assert compare_availability(report)
    set_clock_bound(report.suspicions.get().verification, 2.1)
    assert not compare_availability(report)


def test_a_combined_report_asks_when_the_last_of_its_late_releases_became_available(client, office, draft_report):
    joint = create_joint_report(office, draft_report)
    for suspicion in joint.suspicions.all():
        type(suspicion.verification).objects.filter(pk=suspicion.verification_id).update(first_live_at=None)
    Release.objects.filter(pk=joint.suspicions.last().release_id).update(title="Pupil absence")
    titles = " and ".join(f"‘{one.release.title}’" for one in joint.suspicions.all())
    client.force_login(office.statistician)
    page = words(client.get(page_of(joint)).text)
    assert f"When did the last of {titles} become available?" in page
    *_others, needed = (remark.sentence for remark in decisions.cause_needs(joint))
    assert needed == f"Say when the last of {titles} was made available, or why that is not known."
    found = replace(FOUND, available_at=london("10:45"))
    joint = editing.choose_cause(joint, found, by=office.statistician, at=AT)
    assert f"The producer states that the last of {titles} was available at 10:45am" in content_of(joint).circumstances


@pytest.mark.parametrize("role", list(Role))
def test_writers_choose_the_cause_on_its_page_and_no_one_else(client, office, uncaused_report, role):
    client.force_login(office.people[role])
    answer = client.post(page_of(uncaused_report), {"cause": "cache", "seen": ""})
    assert answer.status_code == (409 if role in WRITES else 404)
    if role in WRITES:
        send(client, page_of(uncaused_report), cause="cache")
    assert fresh(uncaused_report).cause == ("cache" if role in WRITES else "")


def test_the_error_summary_of_a_submission_leads_to_the_page_of_the_cause(client, office, uncaused_report):
    report = without_end(uncaused_report)
    client.force_login(office.statistician)
    text = client.post(page_of(report, "submit"), {"last_change": report.last_change}).text
    for control in ("id_cause", "id_available_on-day"):
        assert f"{page_of(report)}#{control}" in text
        assert f'id="{control}"' in client.get(page_of(report)).text


def test_what_is_still_needed_is_said_on_the_page_after_saving_and_next_to_the_task(client, office, uncaused_report):
    report = without_end(uncaused_report)
    client.force_login(office.statistician)
    needed = f"Say when ‘{title_of(report)}’ was made available, or why that is not known."
    task = "Cause of the breach Incomplete Change"
    saved = client.post(
        page_of(report), filled_in(client.get(page_of(report)).text) | {"cause": "not_known"}, follow=True
    )
    assert saved.redirect_chain == [(page_of(report), 302)]
    assert f"Cause saved. The report cannot be submitted or approved yet. {needed}" in words(saved.text)
    again = client.post(page_of(report), filled_in(client.get(page_of(report)).text), follow=True)
    assert f"You did not make any changes. The report cannot be submitted or approved yet. {needed}" in words(
        again.text
    )
    listed = words(client.get(page_of(report, "report")).text)
    assert task in listed
    assert "Circumstances of breach Prompt not answered" in listed
    assert needed in listed
    send(client, page_of(report), available_unknown="The publisher keeps no log.")
    listed = words(client.get(page_of(report, "report")).text)
    assert needed not in listed
    assert "spot repeat causes. Not known yet" in listed


def test_the_page_says_that_the_record_shows_when_the_check_first_saw_it(client, office, draft_report):
    client.force_login(office.statistician)
    page = words(client.get(page_of(draft_report)).text)
    assert "The record shows when we first found the release live" in page


def test_a_time_without_its_day_is_refused_and_nothing_typed_is_lost(client, office, uncaused_report):
    client.force_login(office.statistician)
    page = send(client, page_of(uncaused_report), cause="other", cause_words="A bird.", available_time="10:45am").text
    assert error_links(page) == {"#id_available_on-day": True}
    assert "A bird." in page


def test_the_person_who_chose_meanwhile_is_shown_next_to_what_was_typed(client, office, uncaused_report):
    report = without_end(uncaused_report)
    client.force_login(office.statistician)
    opened = client.get(page_of(report)).text
    found = replace(FOUND, available_unknown="The publisher keeps no log.")
    editing.choose_cause(report, found, by=office.head, at=AT)
    answer = send(client, page_of(report), opened, cause="other", cause_words="A bird.")
    assert answer.status_code == 409
    page = words(answer.text)
    assert f"Not saved yet {office.head} changed this at {format_moment(AT)}" in page
    for answered in (
        "What was the cause? Outage",
        "Describe the cause (required if you choose ‘Other’) The server stopped.",
        f"When did ‘{title_of(report)}’ become available? Not entered",
        "If you do not know the time, explain why The publisher keeps no log.",
    ):
        assert answered in page
    assert "A bird." in answer.text
    client.post(page_of(report), filled_in(answer.text))
    assert fresh(report).cause_words == "A bird."


def test_a_redaction_of_the_cause_meanwhile_is_named_instead_of_the_person_who_chose_it(client, office, draft_report):
    client.force_login(office.statistician)
    send(client, page_of(draft_report), cause="other", cause_words="Quillon stopped it.")
    opened = client.get(page_of(draft_report)).text
    redact_report(fresh(draft_report), words="Quillon", why="The name is not needed.", by=office.head, at=AT)
    answer = send(client, page_of(draft_report), opened, cause_words="Quillon stopped the server.")
    assert answer.status_code == 409
    page = words(answer.text)
    assert "Not saved yet The saved text was redacted while you were writing." in page
    assert "‘Other’) [removed on 30 June 2020] stopped it." in page
    assert "changed this" not in page


def test_a_redaction_of_a_cause_that_was_copied_from_combined_drafts_is_named_too(client, office, draft_report):
    # Combining copies the cause without an event of its own.
    Report.objects.filter(pk=draft_report.pk).update(cause="other", cause_words="Quillon stopped it.")
    client.force_login(office.statistician)
    opened = client.get(page_of(draft_report)).text
    redact_report(fresh(draft_report), words="Quillon", why="The name is not needed.", by=office.head, at=AT)
    page = words(send(client, page_of(draft_report), opened, cause_words="Quillon stopped the server.").text)
    assert "The saved text was redacted while you were writing." in page


def test_a_change_after_a_redaction_that_the_person_has_seen_is_named_as_a_change(client, office, draft_report):
    client.force_login(office.statistician)
    send(client, page_of(draft_report), cause="other", cause_words="Quillon stopped it.")
    redact_report(fresh(draft_report), words="Quillon", why="The name is not needed.", by=office.head, at=AT)
    opened = client.get(page_of(draft_report)).text
    redacted = fresh(draft_report).cause_words
    send(client, page_of(draft_report), cause_words=f"{redacted} It had no log.")
    page = words(send(client, page_of(draft_report), opened, cause_words=f"{redacted} It had a log.").text)
    assert "changed this at" in page
    assert "was redacted" not in page


def test_the_impact_asks_for_four_things(client, office):
    report = create_report(office, complete=False, at="10:27:02")
    client.force_login(office.statistician)
    text = words(client.get(reverse("breaches:section", args=[report.reference, "impact"])).text)
    assert all(
        asked in text for asked in ("effect on your organisation", "effect on users", "reaction", "media interest")
    )


def test_the_page_of_a_decided_report_says_that_its_text_stays(client, office, approved_report):
    client.force_login(office.head)
    assert "This report is decided, so its text does not change." in words(client.get(page_of(approved_report)).text)
