"""The page of a minute brief: what it shows, to whom, and that it updates until the release is live."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import dispatches, drafting
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import calls, delay_notices, judge, statements
from releases.models import Statement
from releases.rules.lifecycle import Role
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.support.briefs import (
    BRIEFED,
    LIMIT,
    SECOND,
    due_release,
    found_live,
    make_brief,
    part_not_live,
    release_with_a_part_that_may_follow,
)
from tests.support.observations import create_observation
from tests.support.people import AT, create_office, move_report, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

SUSPECTED = "This is only a suspected breach until the Head of Profession or a deputy decides on the report."
PART = re.compile(r'data-hx-get="([^"]+)"')


@pytest.fixture(autouse=True)
def now(time_machine):
    def to(instant):
        time_machine.move_to(instant, tick=False)

    to(BRIEFED)
    return to


@shared_fixture
def late(series):
    return due_release(series, "late", "not_live")


@pytest.fixture
def brief(late):
    return make_brief()


@pytest.fixture
def head(client, office):
    client.force_login(office.head)
    return office.head


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def page(brief):
    return reverse("minute_brief", args=[brief.pk])


def test_the_page_shows_what_was_live_and_not_live_with_observed_and_stated_apart(client, head, series, brief):
    due_release(series, "on-time", "live")
    due_release(series, "unchecked")
    shown = words(client.get(page(brief)))
    for part in (
        "Minute brief for 9:30am on 30 June 2020",
        "1 of 3 releases was not live at 9:32am.",
        "We do not know whether one other release was live. Cause not known.",
        "Our checks Last found not live at 9:32:00am.",
        "Stated by the publisher We have no statement from the publisher’s system.",
        "Our checks do not show whether these releases were live. We do not count them as ‘Not live’.",
        "Live on time",
    ):
        assert part in shown
    assert shown.index("Not known") < shown.index("Release unchecked") < shown.index("Live on time")


def test_an_incomplete_release_has_a_heading_of_its_own_and_names_whom_to_call(client, head, series, now):
    limit = LIMIT + timedelta(minutes=15)
    part_not_live(release_with_a_part_that_may_follow(series, "parts"), at=limit)
    now(limit + 5 * SECOND)
    brief = make_brief(now=limit + 5 * SECOND)
    answer = client.get(page(brief))
    headings = [one.text(strip=True) for one in LexborHTMLParser(answer.text).css("main h2")]
    assert (headings[0], "Not live" in headings) == ("Incomplete", False)
    shown = words(answer)
    for part in (
        "The release was not complete at 9:47am.",
        "Our checks A part was last found not live at 9:47:00am.",
        f"Who to call {series.responsible.name}, Lead statistician: 020 7946 0000",
    ):
        assert part in shown


@pytest.mark.parametrize("results", [("unrecognised",), ("not_live", "unrecognised")])
def test_a_page_that_may_be_the_release_leads_to_the_question_which_it_is(client, head, office, series, late, results):
    found = due_release(series, "found", *results)
    brief = make_brief()
    ((address, digest),) = [(one.address.pk, one.text_digest) for one in statements.find_open_questions([found])]
    question = reverse("releases:say", args=["found", address, digest])
    answer = client.get(page(brief))
    assert f'href="{question}"' in answer.text
    assert "We found a page that may be this release. Is this the release? Release found" in words(answer)
    assert words(answer).count("Is this the release?") == 1, "no page was found of the other release"
    assert client.get(question).status_code == 200
    statements.record_text_statement(
        found, found.addresses.get(pk=address), Statement.Kind.NOT_IT, text_digest=digest, by=office.head, at=BRIEFED
    )
    assert "Is this the release?" not in words(client.get(page(brief)))


def test_the_page_names_whom_to_call_in_phone_order_and_who_did_not_answer(client, head, series, late, brief):
    shown = words(client.get(page(brief)))
    first, second = series.responsible, series.head_of_profession
    assert shown.index(f"{first.name}, Lead statistician: 020 7946 0000") < shown.index(f"{second.name}, Lead")
    assert 'href="tel:02079460000"' in client.get(page(brief)).text
    calls.record_no_answer(late, first.pk, by=head, at=BRIEFED)
    assert "(no answer at 9:32am)" in words(client.get(page(brief)))


def test_a_notice_for_readers_is_ready_to_check_and_post_and_shown_once_it_is_posted(client, head, late, brief):
    answer = client.get(page(brief))
    assert "No notice is posted. A draft is ready for you to check:" in words(answer)
    assert "Expected: The time is not known yet." in words(answer)
    (form_address,) = re.findall(r'href="(/releases/late/delay-notice/[^"]*)"', answer.text)
    form = client.get(form_address).context["form"]
    assert form.initial["expected_words"] == "The time is not known yet."
    typed = {name: form.initial.get(name, "") for name in form.fields}
    checked = client.post(form_address, typed)
    assert "The time is not known yet." in words(checked)
    client.post(form_address, {**typed, "checked": "yes"})
    shown = words(client.get(page(brief)))
    assert "Readers see this notice now:" in shown
    assert "Change the notice" in shown
    assert delay_notices.current_notice(late, list(late.delay_notices.all())).expected_words == (
        "The time is not known yet."
    )


def test_a_release_that_is_not_announced_has_no_notice_for_readers(client, head, series):
    due_release(series, "late", "not_live", announced=False, confirmed=True)
    assert "Notice for readers" not in words(client.get(page(make_brief())))


def test_the_page_says_when_the_next_steps_are_due_by_the_rules_that_apply(client, head, series, brief, settings):
    settings.REPORT_DUE_AFTER = 5
    assert "A draft is usually ready within a minute." in words(client.get(page(brief)))
    (report,) = drafting.draft_missing(now=BRIEFED)
    shown = words(client.get(page(brief)))
    assert f"Open report {report.number} (draft, not assigned)" in shown
    minutes = int(settings.ACKNOWLEDGED_WITHIN.total_seconds() // 60)
    assert f"9:{32 + minutes}am If no one is assigned to the report by then, we remind the next contact." in shown
    assert "7 July 2020 Target date for a decision on the report. This is your office’s own target." in shown


def test_the_page_says_that_a_report_is_being_corrected(client, head, office, brief):
    (report,) = drafting.draft_missing(now=BRIEFED)
    sent = move_report(write_sections(report, by=office.statistician), office, ReportStatus.SENT)
    assert f"Open report {report.number} (sent, not assigned)" in words(client.get(page(brief)))
    dispatches.send_correction(sent, notice="The time was wrong.", by=office.head, at=AT + timedelta(hours=1))
    shown = words(client.get(page(brief)))
    assert f"Open report {report.number} (draft, being corrected, not assigned)" in shown
    assert f"Report {report.number} was sent and is being corrected." in shown
    assert SUSPECTED not in shown
    assert "Target date" not in shown
    assert "If no one is assigned" not in shown


def test_a_breach_is_suspected_only_until_its_report_is_decided(client, head, office, brief):
    (report,) = drafting.draft_missing(now=BRIEFED)
    assert SUSPECTED in words(client.get(page(brief)))
    move_report(report, office, ReportStatus.RECORDED)
    shown = words(client.get(page(brief)))
    assert SUSPECTED not in shown
    assert "being corrected" not in shown


def test_a_draft_is_still_suspected_if_another_report_of_the_morning_is_corrected(client, head, office, series, brief):
    (report,) = drafting.draft_missing(now=BRIEFED)
    sent = move_report(write_sections(report, by=office.statistician), office, ReportStatus.SENT)
    dispatches.send_correction(sent, notice="The time was wrong.", by=office.head, at=AT + timedelta(hours=1))
    due_release(series, "also-late", "not_live")
    drafting.draft_missing(now=BRIEFED)
    shown = words(client.get(page(brief)))
    assert SUSPECTED in shown
    assert f"Report {report.number} was sent and is being corrected." in shown
    assert shown.count("was sent and is being corrected.") == 1
    assert "Target date for a decision on the report." in shown


def test_the_drafts_of_the_morning_are_combined_into_one_report(client, head, series, brief):
    due_release(series, "also-late", "not_live")
    drafting.draft_missing(now=BRIEFED)
    shown = client.get(page(brief))
    assert "If one cause affected several releases, you can report them together." in words(shown)
    combine = reverse("breaches:join", args=[series.producer.slug, date(2020, 6, 30)])
    (link,) = LexborHTMLParser(shown.text).css(f'main a[href^="{combine}"]')
    form = LexborHTMLParser(client.get(link.attributes["href"]).text).css_first("main form")
    ticked = [one.attributes["value"] for one in form.css("input[name=drafts][checked]")]
    assert len(ticked) == 2
    last_change = form.css_first("input[name=last_change]").attributes["value"]
    client.post(link.attributes["href"], {"drafts": ticked, "last_change": last_change})
    remaining = Report.objects.exclude(status=ReportStatus.JOINED).get(producer=series.producer)
    assert {one.release.reference for one in remaining.suspicions.all()} == {"late", "also-late"}
    shown = words(client.get(page(brief)))
    assert f"Open report {remaining.number}" in shown
    assert "you can report them together" not in shown


def test_only_people_who_lead_may_read_the_page_and_its_updates(client, office, brief, subtests):
    other = create_office()
    for person, role in [*((person, role) for role, person in office.people.items()), (other.head, None)]:
        client.force_login(person)
        for name in ("minute_brief", "minute_brief_part"):
            with subtests.test(name, role=str(role)):
                expected = 200 if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY} else 404
                assert client.get(reverse(name, args=[brief.pk])).status_code == expected
    client.logout()
    assert client.get(page(brief)).status_code == 302


def test_the_page_updates_until_the_release_is_live_and_then_says_when(client, head, late, brief, now):
    update = PART.search(client.get(page(brief)).text)[1].replace("&amp;", "&")
    assert client.get(update).status_code == 204
    found_live(late, at=BRIEFED + timedelta(minutes=7))
    now(BRIEFED + timedelta(minutes=7, seconds=3))
    answer = client.get(update)
    assert "It is live now. We first found it complete at 9:39:06am." in words(answer)
    assert "hx-get" not in answer.text, "there is nothing to wait for"
    shown = words(client.get(page(brief)))
    assert "Now complete, but not on time" in shown
    assert "update automatically" not in shown
    assert "Who to call" not in shown


def test_a_page_that_updates_has_the_note_for_when_updates_stop_arriving(client, head, late, brief, now):
    shown = LexborHTMLParser(client.get(page(brief)).text)
    (note,) = shown.css("[data-stale]")
    assert "hidden" in note.attributes
    assert "the facts below may be out of date" in note.text()
    assert shown.css_first(f"#{note.attributes['data-stale']}[data-hx-get]")
    assert shown.css_first(f"#{note.attributes['data-status']}[role=status]")
    assert shown.css("script[src$='js/stale.js']")
    found_live(late, at=BRIEFED + timedelta(minutes=7))
    now(BRIEFED + timedelta(minutes=8))
    for address in (page(brief), f"{page(brief)}?still"):
        assert "stale" not in client.get(address).text


def test_the_page_can_be_paused_and_is_complete_without_scripts(client, head, brief):
    shown = client.get(f"{page(brief)}?still")
    assert "Automatic updates are paused." in words(shown)
    assert PART.search(shown.text) is None
    assert "stale" not in shown.text


def test_a_brief_of_today_is_a_task_until_nothing_is_expected(client, office, head, late, brief, now):
    desk = reverse("desk")
    answer = client.get(desk)
    shown = words(answer)
    assert f"Minute brief Brief for 9:30am, {office.producer.name} : The release was not live at 9:32am." in shown
    assert "Finished minute briefs" not in shown
    assert page(brief) in answer.text
    found_live(late, at=BRIEFED + timedelta(minutes=7))
    now(BRIEFED + timedelta(minutes=8))
    client.force_login(office.head)
    assert f"Finished minute briefs Brief for 9:30am, {office.producer.name}" in words(client.get(desk))
    client.force_login(office.statistician)
    assert page(brief) not in client.get(desk).text


def test_releases_of_a_website_that_gave_no_response_are_not_known(client, head, series, brief):
    for slug in ("down-1", "down-2"):
        due_release(series, slug, "unreachable")
    assert "We do not know whether 2 other releases were live. Cause not known." in words(client.get(page(brief)))


def test_an_outage_is_named_only_while_our_own_monitoring_works(client, head, series, brief):
    for slug in ("down-1", "down-2"):
        release = due_release(series, slug, host="down.example.gov.uk")
        create_observation(release.addresses.get(), "unreachable", at=BRIEFED - SECOND, reasons=["timeout"])
        judge.judge_one(release, now=BRIEFED)
    assert "No response from" not in words(client.get(page(brief)))
    a_watcher_that_is_well(at=BRIEFED)
    assert "No response from down.example.gov.uk" in words(client.get(page(brief)))


def test_a_verdict_that_changed_by_a_statement_leaves_a_brief_that_says_so(client, head, late, brief):
    late.verifications.update(outcome="on_time")
    assert "No release in this brief is now recorded as not live." in words(client.get(page(brief)))
