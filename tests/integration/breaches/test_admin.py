"""Breach reports in the admin site: readable for people who may view them, and read-only for all."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches.models import ApprovedDocument, Edition, Practice, ReportEvent, ReportVersion, Suspicion
from releases.models import Verification
from releases.rules.lifecycle import Role
from tests.support.admin_site import page, signed_in, staff
from tests.support.factories import ProducerFactory, ReleaseFactory, UserFactory, create_bare_report, rolled_back
from tests.support.shared_rows import shared_fixture

AT = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
VIEWERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.AUDITOR}
MODELS = ("report", "suspicion", "reportversion", "reportevent", "approveddocument")

pytestmark = pytest.mark.django_db


@shared_fixture
def report():
    """An approved report with a row of everything that belongs to it."""
    release, person = ReleaseFactory(confirmed=True), UserFactory()
    report = create_bare_report(
        reference="breach-one",
        producer=release.series.producer,
        kind="late",
        status="approved",
        drafted_at=AT,
        decided_at=AT,
    )
    verification = Verification.objects.create(
        release=release, schedule_version=1, due_at=release.due_at, tolerance_seconds=120, outcome="late"
    )
    Suspicion.objects.create(
        release=release, schedule_version=1, kind="late", verification=verification, raised_at=AT, report=report
    )
    ReportVersion.objects.create(
        report=report, number=1, content={}, content_sha256="0" * 64, written_at=AT, why="drafted"
    )
    ReportEvent.append([ReportEvent(report=report, report_reference=report.reference, kind="drafted", at=AT)])
    ApprovedDocument.objects.create(
        report=report,
        version=1,
        pdf=b"%PDF-1.7",
        pdf_sha256="0" * 64,
        content_sha256="0" * 64,
        approved_by=person,
        approved_role=Role.DEPUTY,
        approved_at=AT,
        one_person=False,
    )
    return report


def test_reports_are_read_by_those_who_may_view_them_and_written_by_no_one(report, subtests):
    for role in Role:
        client = staff(role, report.producer, is_superuser=True)
        # Which roles view a model is one rule for all models: two roles show that each of them follows it.
        for model in MODELS if role in {Role.HEAD_OF_PROFESSION, Role.CALENDAR_MANAGER} else MODELS[:1]:
            with subtests.test(f"{model} by {role}"), rolled_back():
                assert client.get(page(model)).status_code == (200 if role in VIEWERS else 403)
                # No role may write, so the role with the most permissions is enough.
                if role is Role.HEAD_OF_PROFESSION:
                    check_read_only(client, model)


def test_events_and_the_filter_of_their_kinds_are_in_words(report):
    ReportEvent.append([ReportEvent(report=report, report_reference=report.reference, kind="facts_offered", at=AT)])
    shown = staff(Role.AUDITOR, report.producer).get(page("reportevent"))
    shown_list = shown.context["cl"]
    (kinds,) = shown_list.filter_specs
    assert [str(choice["display"]) for choice in kinds.choices(shown_list)] == [
        "All",
        "Drafted automatically",
        "The facts on record changed. The new facts are shown next to the text",
    ]
    assert ">facts_offered<" not in shown.text


def test_a_page_asks_once_whether_a_person_views_any_report(report):
    client = staff(Role.AUDITOR, report.producer)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page("report")).status_code == 200
    asked = [query["sql"] for query in queries if 'SELECT 1 AS "a" FROM "breaches_report"' in query["sql"]]
    assert len(asked) == 1


def check_read_only(client, model):
    row = client.get(page(model)).context["cl"].result_list[0]
    before = type(row).objects.values().get(pk=row.pk)
    assert client.get(page(model, "change", row.pk)).status_code == 200
    assert client.post(page(model, "change", row.pk), {"status": "draft"}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.post(page(model, "add"), {}).status_code == 403
    client.post(page(model), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert type(row).objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("model", MODELS)
def test_reports_of_another_producer_are_not_found_and_without_a_role_there_are_none(report, model):
    assert signed_in(UserFactory(is_staff=True, is_superuser=True)).get(page(model)).status_code == 403
    stranger = staff(Role.HEAD_OF_PROFESSION, ProducerFactory())
    assert stranger.get(page(model)).status_code == 403
    assert stranger.get(page(model, "change", 1)).status_code in {403, 404}
    other = create_bare_report(reference="other", producer=ProducerFactory(), kind="late", drafted_at=AT)
    colleague = staff(Role.AUDITOR, report.producer)
    assert colleague.get(page("report", "change", other.pk)).status_code == 404


def test_the_code_of_practice_is_edited_by_those_with_djangos_permission_only():
    edition = Edition.objects.get(number="2.1")
    practice = Practice.objects.filter(edition=edition).first()
    assert staff(Role.HEAD_OF_PROFESSION, ProducerFactory()).get(page("practice")).status_code == 403
    administrator = signed_in(UserFactory(is_staff=True, is_superuser=True))
    form = {
        "edition": edition.pk,
        "code": practice.code,
        "principle": practice.principle,
        "summary": "What it is about",
        "wording": "Words without a source",
    }
    assert administrator.post(page("practice", "change", practice.pk), form).status_code == 302
    practice.refresh_from_db()
    assert practice.summary == "What it is about"
    # Its wording is settled on its own page, by those who know the Code.
    assert practice.wording != "Words without a source"
