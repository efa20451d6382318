"""The page of the Code of Practice, and the way from an approval to it and back."""

import re

import pytest
from django.urls import reverse

from breaches import decisions
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of
from releases.rules.lifecycle import Role
from tests.support.code_editions import citing, practice
from tests.support.people import AT, create_report
from tests.support.report_forms import error_links, send, words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

READ = "Accessible, as the Code has it."


@shared_fixture
def submitted(office):
    report = citing(create_report(office), ("2.0", "V2"), by=office.statistician)
    return decisions.submit_report(report, by=office.statistician, at=AT)


def page_of(report=None):
    address = reverse("breaches:settle_wording", args=[practice("2.0", "V2").pk])
    return f"{address}?report={report.reference}" if report else address


def test_the_page_says_which_days_of_entry_into_force_are_not_known(client, office):
    client.force_login(office.head)
    page = words(client.get(reverse("breaches:code_of_practice")).text)
    assert "In force from 5 May 2022" in page
    assert page.count("We do not know when this edition came into force.") == 3
    assert "It was launched on 4 November 2025." in page


def test_the_page_shows_sources_and_what_is_not_confirmed(client, office):
    client.force_login(office.people[Role.CALENDAR_MANAGER])
    page = client.get(reverse("breaches:code_of_practice")).text
    assert "In summary: Accidental or wrongful release." in words(page)
    assert "One note gives this as Practice 5." in words(page)
    assert "short-guide-to-code-of-practice-standard-three-be-transparent/" in page
    assert "Confirmed in this service on 27 November 2026" in words(page)


def test_the_approval_leads_to_the_page_and_prints_the_wording_settled_there(client, office, submitted):
    client.force_login(office.head)
    approving = reverse("breaches:approve", args=[submitted.reference])
    code = f"{reverse('breaches:code_of_practice')}?report={submitted.reference}"
    before = client.get(approving).text
    assert f'href="{code}"' in before
    assert "You confirm them when you approve the report." in words(before)
    assert "Suggested for this kind of breach, from 10 published reports." in words(before)
    assert f'href="{page_of(submitted)}"' in client.get(code).text

    empty = send(client, page_of(submitted), wording=" ", source="")
    assert error_links(empty.text) == {"#id_wording": True, "#id_source": True}
    title = " ".join(empty.text.partition("<title>")[2].partition("</title>")[0].split())
    assert title.startswith("Error: Confirm the wording of V2 – ")
    settled = send(client, page_of(submitted), wording=READ, source="The Code, page 12")
    assert settled.url == code
    assert "All the wording of the Code in your report is confirmed." in words(client.get(code).text)

    after = client.get(approving).text
    assert code not in after
    assert READ in after
    send(client, approving)
    report = Report.objects.get(pk=submitted.pk)
    assert report.status == ReportStatus.APPROVED
    assert content_of(report).practices[-1].text == READ
    # Once it is approved, there is nothing left to settle for it.
    assert "for your report" not in words(client.get(code).text)


def test_the_way_over_the_wording_keeps_which_version_was_read(client, office, submitted):
    client.force_login(office.head)
    read = f"read={submitted.last_change}&amp;version={submitted.version}"
    approving = f"{reverse('breaches:approve', args=[submitted.reference])}?{read}"
    code = f"{reverse('breaches:code_of_practice')}?report={submitted.reference}&amp;{read}"
    assert f'href="{code}"' in client.get(approving.replace("&amp;", "&")).text
    page = client.get(code.replace("&amp;", "&")).text
    assert f'href="{approving}"' in page
    practice = f"{page_of(submitted)}&amp;{read}"
    assert f'href="{practice}"' in page
    assert f'<a href="{code}" class="govuk-back-link">' in client.get(practice.replace("&amp;", "&")).text
    settled = send(client, practice.replace("&amp;", "&"), wording=READ, source="The Code, page 12")
    assert settled.url == code.replace("&amp;", "&")


def test_a_report_that_the_person_may_not_approve_is_not_named_on_the_page(client, office, submitted):
    client.force_login(office.people[Role.CALENDAR_MANAGER])
    address = f"{reverse('breaches:code_of_practice')}?report={submitted.reference}"
    assert submitted.reference not in client.get(address).text


def test_what_was_typed_stays_where_another_person_has_settled_the_wording_since(client, office):
    client.force_login(office.head)
    seen = {"seen": "", "source": "The Code"}
    client.post(page_of(), {**seen, "wording": READ})
    late = client.post(page_of(), {**seen, "wording": "Other words."})
    assert late.status_code == 409
    assert "Another person has confirmed this wording since you opened the page." in words(late.text)
    assert READ in late.text
    assert "Other words." in late.text
    # Sent again, it replaces what the person has now seen.
    assert send(client, page_of(), wording="Other words.").status_code == 302
    assert practice("2.0", "V2").wording == "Other words."


def test_the_way_back_leads_to_a_page_that_the_person_may_read(client, office):
    back = re.compile(r'<a href="([^"]*)"[^>]*class="govuk-back-link"|class="govuk-back-link"[^>]*href="([^"]*)"')
    for role, expected in ((Role.CALENDAR_MANAGER, "desk"), (Role.HEAD_OF_PROFESSION, "breaches:report_list")):
        client.force_login(office.people[role])
        (found,) = back.findall(client.get(reverse("breaches:code_of_practice")).text)
        assert "".join(found) == reverse(expected), role
