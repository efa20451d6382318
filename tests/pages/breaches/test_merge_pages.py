"""The page of a morning, on which its drafts become one report, and the page on which that one is taken apart."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import Max
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import merging
from breaches.models import Report
from releases.models import Release
from releases.rules.lifecycle import Role
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.support.factories import UserFactory, rolled_back
from tests.support.people import AT, create_office, reload_reports, write_sections
from tests.support.report_forms import filled_in, send, words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

WRITERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@shared_fixture
def drafts(office):
    return a_morning(office, 2)


def morning_page(office, name="join"):
    return reverse(f"breaches:{name}", args=[office.producer.slug, date(2020, 6, 30)])


def report_page(report, name="report"):
    return reverse(f"breaches:{name}", args=[report.reference])


def chosen_of(drafts):
    """What the form of a morning sends that was opened now."""
    read = Report.objects.filter(pk__in=[draft.pk for draft in drafts]).aggregate(last=Max("last_change"))["last"]
    return {"drafts": [draft.reference for draft in drafts], "last_change": read or 0}


def test_desk_and_drafts_lead_to_the_page_and_from_there_to_the_joint_report(client, office):
    drafts = a_morning(office, 4)
    client.force_login(office.statistician)
    for page in (reverse("desk"), report_page(drafts[3])):
        text = client.get(page).text
        assert morning_page(office) in text
        told = f"Combine 4 drafts of 30 June 2020 from {office.producer} into one report"
        assert told in words(text).replace(" ,", ",")
    shown = words(client.get(morning_page(office)).text)
    assert all(f"Release {number}" in shown for number in range(4))
    assert "Suspected breach: not live when last checked. Due at 9:30am" in shown
    answer = client.post(morning_page(office), chosen_of(drafts))
    joint = Report.objects.get(status="draft")
    assert answer.url == report_page(joint)
    page = words(client.get(answer.url).text)
    for part in (
        "Drafts combined.",
        "This report combines these drafts:",
        f"Report {drafts[0].number}",
        "Separate the report",
    ):
        assert part in page
    gone = client.get(report_page(drafts[0]))
    assert "Combined" in gone.text
    assert "missing" not in words(gone.text)
    assert drafts[0].number not in client.get(reverse("breaches:report_list"), {"show": "decided"}).text
    assert report_page(joint) in gone.text
    history = words(client.get(report_page(drafts[0], "history")).text)
    assert f"Combined with others ({joint.number})" in history


def test_the_drafts_of_the_same_kind_and_due_time_are_selected(client, office):
    drafts = a_morning(office, 4)
    drafts[3].suspicions.update(kind="partial")
    client.force_login(office.head)
    selected = filled_in(client.get(morning_page(office)).text)["drafts"]
    assert set(selected) == {draft.reference for draft in drafts[:3]}
    (link,) = LexborHTMLParser(client.get(report_page(drafts[3])).text).css(f'a[href^="{morning_page(office)}"]')
    assert filled_in(client.get(link.attributes["href"]).text)["drafts"] == [drafts[3].reference]


def test_no_draft_is_selected_if_no_two_are_alike(client, office, drafts):
    drafts[1].suspicions.update(kind="partial")
    client.force_login(office.head)
    assert "drafts" not in filled_in(client.get(morning_page(office)).text)


def test_a_posted_reference_with_a_null_character_is_refused(client, office, drafts):
    client.force_login(office.statistician)
    answer = client.post(morning_page(office), chosen_of(drafts) | {"drafts": ["a\0"]})
    assert "You can no longer combine one of these drafts." in answer.text


def test_the_title_of_the_mornings_page_is_plain_text(client, office):
    a_morning(office)
    client.force_login(office.statistician)
    page = client.get(morning_page(office)).text
    title = page.split("<title>")[1].split("</title>")[0]
    assert " ".join(title.split()).startswith("Combine drafts of 30 June 2020 – ")


def test_only_what_was_chosen_is_joined_and_the_rest_stays(client, office):
    drafts = a_morning(office, 3)
    client.force_login(office.head)
    client.post(morning_page(office), chosen_of(drafts[:2]))
    drafts[2].refresh_from_db()
    assert drafts[2].status == "draft"
    assert Report.objects.filter(status="joined").count() == 2


@pytest.mark.parametrize("chosen", [0, 1])
def test_fewer_than_two_are_refused_in_words_and_nothing_moves(client, office, chosen, drafts):
    client.force_login(office.head)
    answer = client.post(morning_page(office), chosen_of(drafts[:chosen]))
    assert "Select at least two drafts" in answer.text
    assert set(Report.objects.values_list("status", flat=True)) == {"draft"}


def test_a_draft_that_is_not_of_this_morning_is_refused(client, office, drafts):
    client.force_login(office.head)
    answer = client.post(morning_page(office), {"drafts": [drafts[0].reference, "breach-elsewhere"], "last_change": 0})
    assert "You can no longer combine one of these drafts." in answer.text
    assert set(Report.objects.values_list("status", flat=True)) == {"draft"}


def test_sent_twice_the_form_leads_to_the_one_joint_report(client, office, drafts):
    client.force_login(office.head)
    sent = chosen_of(drafts)
    first, second = (client.post(morning_page(office), sent) for _ in range(2))
    assert first.url == second.url
    assert Report.objects.count() == 3


def test_the_pages_are_there_for_those_who_write_reports_alone(client, office, drafts, subtests):
    people = {
        **office.people,
        "another producer's head": create_office().head,
        "no role": UserFactory(),
        "superuser": UserFactory(is_superuser=True, is_staff=True),
    }
    sent = chosen_of(drafts)
    for who, person in people.items():
        with subtests.test(str(who)), rolled_back():
            client.force_login(person)
            allowed = who in WRITERS
            for page in (morning_page(office), morning_page(office, "join_rehearsed")):
                assert client.get(page).status_code == (200 if allowed else 404)
            assert client.post(morning_page(office), sent).status_code == (302 if allowed else 404)
            assert Report.objects.filter(status="joined").exists() is allowed
            if not allowed:
                merging.merge_drafts(
                    list(Report.objects.filter(pk__in=[draft.pk for draft in drafts])), by=office.head, at=AT
                )
            joint = Report.objects.get(status="draft")
            answer = client.post(report_page(joint, "part"), {"last_change": joint.last_change})
            assert answer.status_code == (302 if allowed else 404)
            joint.refresh_from_db()
            assert joint.status == ("parted" if allowed else "draft")


def test_each_release_of_a_joint_report_has_a_picture_below_its_title(client, office, drafts):
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    client.force_login(office.head)
    page = LexborHTMLParser(client.get(report_page(joint)).text)
    assert [one.text().strip() for one in page.css(".office-report__picture h3")] == ["Release 0", "Release 1"]
    assert len(page.css(".office-report__picture svg")) == 2
    assert page.css_first(".office-report__picture details") is None


def test_a_single_release_has_one_picture_without_a_heading_even_if_it_is_suspected_twice(client, office):
    (draft,) = a_morning(office, 1)
    again = draft.suspicions.get()
    again.pk, again.kind = None, "early"
    again.save()
    client.force_login(office.head)
    page = LexborHTMLParser(client.get(report_page(draft)).text)
    assert len(page.css(".office-report__picture svg")) == 1
    assert page.css(".office-report__picture h2, .office-report__picture h3") == []


def test_of_many_releases_the_first_pictures_are_open_and_take_no_more_queries(client, office):
    counted = {}
    client.force_login(office.head)
    for count in (2, 6):
        with rolled_back():
            joint = merging.merge_drafts(a_morning(office, count), by=office.head, at=AT)
            client.get(report_page(joint))
            with CaptureQueriesContext(connection) as captured:
                page = LexborHTMLParser(client.get(report_page(joint)).text)
            counted[count] = len(captured)
    assert len(page.css(".office-report__picture svg")) == 6
    named = {title.attributes["id"] for title in page.css(".office-report__picture svg title")}
    assert {svg.attributes["aria-labelledby"] for svg in page.css(".office-report__picture svg")} == named
    assert len(named) == 6
    closed = page.css_first(".office-report__picture details")
    assert " ".join(closed.css_first("summary").text().split()) == "Show 3 more releases"
    assert [one.text().strip() for one in closed.css("h3")] == ["Release 3", "Release 4", "Release 5"]
    assert counted[2] == counted[6]


def test_who_has_not_signed_in_is_asked_to(client, office):
    assert client.get(morning_page(office)).url.startswith(reverse("account_login"))


def test_an_empty_morning_and_a_single_draft_say_so(client, office):
    client.force_login(office.head)
    assert "There are no drafts about releases due on this day." in words(client.get(morning_page(office)).text)
    a_morning(office, 1)
    assert "so you cannot combine it" in words(client.get(morning_page(office)).text)
    nowhere = morning_page(office).replace("2020-06-30", "2020-06-31")
    assert client.get(nowhere).status_code == 404


def test_rehearsals_are_joined_among_themselves(client, office):
    drafts = a_morning(office, 2, rehearsal=True)
    client.force_login(office.head)
    assert morning_page(office, "join_rehearsed") in client.get(report_page(drafts[0])).text
    assert "There are no drafts" in client.get(morning_page(office)).text
    client.post(morning_page(office, "join_rehearsed"), chosen_of(drafts))
    assert Report.objects.get(status="draft").rehearsal


def test_taken_apart_by_its_page_the_drafts_are_offered_again(client, office, drafts):
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    client.force_login(office.statistician)
    shown = words(client.get(report_page(joint, "part")).text)
    assert "It is not copied to the drafts." in shown
    for _ in range(2):
        answer = client.post(report_page(joint, "part"), {"last_change": joint.last_change})
        assert answer.url == report_page(joint)
    page = words(client.get(answer.url).text)
    assert "which now continue separately" in page
    assert "Separated" in page
    assert morning_page(office) in client.get(report_page(drafts[0])).text


def test_a_report_that_was_combined_or_separated_asks_no_questions(client, office, drafts):
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    client.force_login(office.statistician)
    assert "What happened" not in words(client.get(report_page(drafts[0])).text)
    merging.split_report(joint, by=office.statistician, at=AT)
    assert "What happened" not in words(client.get(report_page(joint)).text)


def test_a_report_that_cannot_be_taken_apart_says_so(client, office):
    (draft,) = a_morning(office, 1)
    client.force_login(office.head)
    page = words(client.get(report_page(draft, "part"), follow=True).text)
    assert "You cannot separate this report." in page


def test_the_draft_that_was_joined_is_printed_with_a_mark(office, drafts):
    from breaches.layout import lay_out_draft

    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    drafts[0].refresh_from_db()
    printed = lay_out_draft(drafts[0])
    assert printed.marks == ("COMBINED: continued in a combined report for the same morning",)
    assert joint.number in printed.decision
    assert [section.prompt for section in printed.sections if section.prompt] == []


def test_an_own_act_is_declared_of_the_joint_report_and_not_of_a_draft_that_went_into_it(client, office, drafts):
    merging.merge_drafts(drafts, by=office.head, at=AT)
    client.force_login(office.statistician)
    assert report_page(drafts[0], "own_act") not in client.get(report_page(drafts[0])).text
    page = words(client.post(report_page(drafts[0], "own_act"), {"words": "Mine."}, follow=True).text)
    assert "Declare the conflict in the report that replaced it." in page
    assert not drafts[0].own_acts.exists()


def test_a_draft_that_changed_after_the_page_was_opened_is_shown_before_it_is_joined(client, office, drafts):
    client.force_login(office.head)
    opened = client.get(morning_page(office)).text
    write_sections(drafts[0], by=office.statistician)
    answer = send(client, morning_page(office), opened)
    assert answer.status_code == 409
    shown = words(answer.text)
    assert "Check what has changed, then combine the drafts again" in shown
    assert f"Edited: Impact of the breach {office.statistician} 11:00:00am on 30 June 2020" in shown
    assert set(Report.objects.values_list("status", flat=True)) == {"draft"}
    assert send(client, morning_page(office), answer.text).status_code == 302
    assert Report.objects.filter(status="joined").count() == 2


def test_drafts_of_different_kinds_are_combined_only_after_a_warning(client, office):
    drafts = a_morning(office, 3)
    drafts[1].suspicions.update(kind="early")
    drafts[2].suspicions.update(kind="partial")
    Release.objects.update(status="published")
    client.force_login(office.head)
    warning = "Combine them only if they have the same cause."
    warned = client.post(morning_page(office), chosen_of(drafts[:2]))
    assert f"These drafts are of different kinds (early, late). {warning}" in words(warned.text)
    read = filled_in(warned.text)
    with_another = client.post(morning_page(office), read | {"drafts": [draft.reference for draft in drafts]})
    assert f"These drafts are of different kinds (early, late, incomplete). {warning}" in words(with_another.text)
    assert set(Report.objects.values_list("status", flat=True)) == {"draft"}
    assert send(client, morning_page(office), warned.text).status_code == 302
    assert Report.objects.filter(status="joined").count() == 2


def test_the_page_for_the_cause_says_that_its_time_is_that_of_the_last_of_several_releases(client, office, drafts):
    client.force_login(office.head)
    said = "This report is about several late releases. Enter when the last of them became available."
    alone = words(client.get(report_page(drafts[0], "cause")).text)
    assert "When did ‘Release 0’ become available?" in alone
    assert said not in alone
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    page = client.get(report_page(joint, "cause")).text
    assert "When did the last of ‘Release 0’ and ‘Release 1’ become available?" in words(page)
    assert f"{said} Add the times of the others to the timeline ." in words(page)
    assert report_page(joint, "timeline") in page


def test_drafts_that_stay_separate_are_left_for_the_list_of_reports(client, office, drafts):
    client.force_login(office.head)
    page = LexborHTMLParser(client.get(morning_page(office)).text)
    (link,) = [one for one in page.css("main a") if one.text().strip() == "Keep them separate"]
    assert link.attributes["href"] == reverse("breaches:report_list")
    assert client.get(link.attributes["href"]).status_code == 200
