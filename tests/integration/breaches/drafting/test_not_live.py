"""Where nothing was found live, the kind says so wherever it is named, until the release was found live late."""

import pytest
from django.urls import reverse

from breaches import decisions, drafting, text
from breaches.models import Report
from breaches.rules.lifecycle import RecordingReason, ReportKind
from statsoffice.templatetags.reports import reports_about
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, create_joint_report
from tests.support.report_evidence import london
from tests.support.report_forms import words
from tests.support.report_mornings import NOT_SEEN_MORNING, SEED_MORNING, create_draft, record_checks, record_coverage
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db


@shared_fixture
def unseen(office):
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer), reference="unseen")
    record_coverage(release)
    record_checks(release, *NOT_SEEN_MORNING)
    return drafting.draft_missing(now=london("09:32:02"))[0]


def address_of(report):
    return reverse("breaches:report", args=[report.reference])


def test_a_report_on_what_was_not_seen_is_called_so_on_the_desk_in_the_list_and_on_its_page(client, office, unseen):
    client.force_login(office.statistician)
    assert unseen.kind == ReportKind.LATE
    for address in (reverse("desk"), reverse("breaches:report_list")):
        page = words(client.get(address).text)
        assert "not live when last checked" in page.lower()
        assert ", late" not in page
        assert "Late," not in page
    assert "Suspected breach: not live when last checked Not live 2 minutes" in words(
        client.get(address_of(unseen)).text
    )


def test_logged_while_it_is_still_absent_it_is_decided_to_be_a_breach_as_not_seen(client, office, unseen):
    kept = {"reason": RecordingReason.NO_EFFECT, "words": "Nobody looked."}
    decisions.record_report(unseen, **kept, by=office.head, at=AT)
    client.force_login(office.head)
    assert "Breach: not live when last checked" in words(client.get(address_of(unseen)).text)
    listed = client.get(reverse("breaches:register"), {"kind": "late"})
    assert '<option value="late" selected>Late, or not live when last checked</option>' in listed.text
    assert "Not live when last checked" in words(listed.text)
    # Only people say that a release was not live at all.
    none = client.get(reverse("breaches:register"), {"kind": "not_live"})
    assert '<option value="not_live" selected>Not live at all</option>' in none.text
    assert "Not live when last checked" not in words(none.text)


def test_once_it_is_seen_it_is_late(unseen):
    record_checks(unseen.suspicions.get().release, *SEED_MORNING[-2:])
    report = Report.objects.get(pk=unseen.pk)
    assert text.kind_name(report) == "Late"
    assert text.suspicion_name(report.suspicions.get()) == "late"


def test_the_kinds_of_listed_reports_are_read_with_the_reports(office, unseen, rf, django_assert_num_queries):
    release = unseen.suspicions.get().release
    request = rf.get("/")
    request.user = office.statistician
    about = drafting.ReportSubject(office.producer, release=release)
    listed = drafting.open_reports(about, by=office.statistician)
    listed += reports_about({"request": request}, release, with_kinds=True)
    assert len(listed) == 2
    with django_assert_num_queries(0):
        assert {text.kind_name(report) for report in listed} == {"Not live when last checked"}


def test_a_joint_report_names_each_kind_and_each_release_as_it_is(client, office, unseen):
    late = create_draft(producer=office.producer)
    joint = create_joint_report(office, late)
    assert text.kind_name(joint) == "Late"
    unseen.suspicions.update(report=joint)
    assert text.kind_name(joint) == "Not live when last checked; late"
    client.force_login(office.statistician)
    assert "Not live when last checked; late" in words(client.get(reverse("breaches:report_list")).text)
    assert {text.suspicion_name(suspicion) for suspicion in joint.suspicions.all()} == {
        "late",
        "not live when last checked",
    }
