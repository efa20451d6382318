"""The case of the seed: due 9:30am on 30 June 2020, live at 10:27am, reported in the published form (B3)."""

import re
import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest

from breaches import decisions, editing, pdf, versions
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.rules.content import ContactPerson, ReportSection
from breaches.rules.lifecycle import Cause
from releases.rules.lifecycle import Role
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory, create_member
from tests.support.seed_case import FORM

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
LIVE = DUE + timedelta(minutes=56, seconds=57)
TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
PATH = "/government/statistics/state-funded-schools-inspections-and-outcomes-as-at-31-march-2020"
IMPACT = (
    "Access to the statistics was delayed by just under an hour. No public reaction to the delay in publication of "
    "the statistics has been identified."
)
ACTIONS = (
    "Short-term: the situation has been addressed and the statistics published. The communications team have found "
    "a problem with the automatic scheduler and are investigating it.\n\n"
    "Long-term changes: manual checks will be carried out for the next publication, as a back-up."
)
LABELS = ("REPORT OF A BREACH OF THE CODE OF PRACTICE FOR STATISTICS", *FORM)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def release(site):
    producer = ProducerFactory(name="Office for Invented School Standards", slug="school-standards")
    series = SeriesFactory(
        producer=producer,
        title="State-funded schools inspections and outcomes",
        responsible=ContactFactory(producer=producer, name="Robin Hale", post="Senior analytical officer"),
        head_of_profession=ContactFactory(producer=producer, name="Jo Marsh", email="jo.marsh@example.gov.uk"),
    )
    site.publish(
        PATH,
        [
            scene(pages.coming_soon_page(TITLE, expected="30 June 2020 9:30am")),
            scene(pages.release_page(TITLE, published="30 June 2020"), starts=LIVE),
        ],
    )
    return ReleaseFactory(confirmed=True, series=series, title=TITLE, url=site.url(PATH), due_at=DUE)


def text_of(content: bytes) -> str:
    printed = subprocess.run(["pdftotext", "-raw", "-", "-"], input=content, capture_output=True, check=True)
    return " ".join(printed.stdout.decode().split())


def complete(report: Report, *, by, at: datetime) -> None:
    for section, field, text in (
        (ReportSection.IMPACT, "impact", IMPACT),
        (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions", ACTIONS),
    ):
        report.refresh_from_db()
        editing.save_section(
            report, section=section, values={field: text}, expected_version=report.version, by=by, at=at
        )
    report.refresh_from_db()
    editing.choose_cause(report, ChosenCause(Cause.SCHEDULER_FAULT), by=by, at=at)
    report.refresh_from_db()


@pytest.mark.usefixtures("calendar_at_rest")
def test_the_seed_case_is_seen_drafted_completed_approved_and_printed(release, morning_from):
    statistician = create_member(Role.STATISTICIAN, release.series.producer)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    morning = morning_from(DUE - timedelta(minutes=4))
    morning.play(DUE + timedelta(minutes=3))
    report = Report.objects.get()
    assert "It had still not appeared at 9:3" in versions.content_of(report).circumstances
    # Nothing happens for most of the hour in which the page is missing.
    morning.play(LIVE - timedelta(minutes=1), every=timedelta(seconds=20))
    morning.play(LIVE + timedelta(minutes=2))

    report.refresh_from_db()
    draft = versions.content_of(report)
    assert "just under an hour" in draft.circumstances
    assert "9:30am on 30 June 2020" in draft.circumstances
    assert not re.search(r"(?<![\d.])8\.30", draft.circumstances)  # due in UTC, which no reader sees
    assert [practice.code for practice in draft.practices] == ["T3.6"]
    assert draft.practices[0].edition == "2.0"
    assert draft.occurred_on == (date(2020, 6, 30),)
    assert draft.dealing == ContactPerson("Robin Hale", release.series.responsible.email, "020 7946 0000")
    assert (draft.impact, draft.corrective_actions, draft.report_date) == ("", "", None)

    signed_at = datetime(2020, 6, 30, 15, 0, tzinfo=UTC)
    complete(report, by=statistician, at=signed_at - timedelta(hours=2))
    report = decisions.submit_report(report, by=statistician, at=signed_at - timedelta(hours=1))
    document = decisions.approve_report(report, by=head, at=signed_at, render=pdf.render_pdf)

    printed = text_of(bytes(document.pdf))
    places = [printed.find(label) for label in LABELS]
    assert -1 not in places, LABELS[places.index(-1)]
    assert places == sorted(places)
    assert "T3.6" in printed
    assert printed.count("30 June 2020") >= 2
    assert "just under an hour" in printed
    assert "DRAFT" not in printed
