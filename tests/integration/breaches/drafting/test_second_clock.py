"""The publisher's own time and checks past the caches reach the account, page and PDF of a report."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import drafting
from breaches.facts import facts_of_verifications
from releases.detection.finding import Source
from releases.models import Membership, Statement, Verification
from releases.rules.lifecycle import Role
from releases.verdict.release import Diagnosis
from tests.integration.breaches.pdf.documents import text_of
from tests.support.factories import SEED_DUE, create_member
from tests.support.observations import create_observation
from tests.support.people import add_role
from tests.support.report_evidence import london
from tests.support.report_mornings import create_late_release

pytestmark = pytest.mark.django_db

CLOCK = {
    "published_at_by_publisher": SEED_DUE + timedelta(seconds=3480),
    "publisher_source": Source.SCHEDULED_TIME_AND_DELAY,
}


def own_facts_of(release):
    verification = Verification.objects.select_related("release__series__producer").get(release=release)
    return facts_of_verifications([verification])[verification.pk]


@pytest.mark.both_databases
def test_the_publishers_time_and_the_diagnosis_are_facts_of_the_record():
    release = create_late_release()
    Verification.objects.update(**CLOCK, diagnoses=["edge_cache"])
    create_observation(release.addresses.get(), "live", at=london("09:30:05"), fresh=True, took=timedelta(0))
    facts = own_facts_of(release)
    assert facts.publisher_time == (london("10:28"), Source.SCHEDULED_TIME_AND_DELAY)
    assert facts.diagnoses == (Diagnosis.EDGE_CACHE,)
    assert facts.addresses[0].past_caches == (london("09:30:05"), london("10:26:55"))


def test_checks_past_the_caches_are_no_checks_of_a_reader():
    release = create_late_release()
    before = own_facts_of(release).addresses[0].checks
    create_observation(release.addresses.get(), "live", at=london("09:30:05"), fresh=True)
    assert own_facts_of(release).addresses[0].checks == before


def test_without_any_of_it_the_facts_hold_none():
    facts = own_facts_of(create_late_release())
    assert (facts.publisher_time, facts.diagnoses, facts.addresses[0].past_caches) == (None, (), None)


def test_a_speaker_whose_membership_left_no_trace_is_told_without_a_role():
    release = create_late_release()
    speaker = create_member(Role.STATISTICIAN, release.series.producer)
    Statement.objects.create(
        release=release, schedule_version=1, kind="was_live", live_at=SEED_DUE, stated_by=speaker, stated_at=SEED_DUE
    )
    assert own_facts_of(release).statements[0].role is Role.STATISTICIAN
    add_role(speaker, release.series.producer, Role.HEAD_OF_PROFESSION)  # a promotion after the statement
    assert own_facts_of(release).statements[0].role is Role.STATISTICIAN
    Membership.objects.all().delete()
    assert own_facts_of(release).statements[0].role is Role.STATISTICIAN
    Membership.history.all().delete()
    assert own_facts_of(release).statements[0].role is None


def test_of_two_statements_about_the_same_text_the_first_is_replaced():
    release = create_late_release()
    speaker = create_member(Role.STATISTICIAN, release.series.producer)
    for kind, digest, at in (("this_is_it", "a", 1), ("previous_edition", "b", 2), ("previous_edition", "a", 3)):
        Statement.objects.create(
            release=release,
            schedule_version=1,
            kind=kind,
            address=release.addresses.get(),
            text_digest=digest * 64,
            stated_by=speaker,
            stated_at=SEED_DUE + timedelta(hours=at),
        )
    assert [statement.is_replaced for statement in own_facts_of(release).statements] == [True, False, False]


def test_the_annex_of_a_draft_has_both_clocks_and_its_account_has_ours(client, tmp_path):
    """(V11)"""
    release = create_late_release()
    Verification.objects.update(**CLOCK)
    (report,) = drafting.draft_missing(now=london("10:28:02"))
    sentence = "The publisher’s own system gives 10:28am as the time of publication"
    assert "own system" not in report.machine["circumstances"]
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, release.series.producer))
    printed = tmp_path / "draft.pdf"
    printed.write_bytes(client.get(reverse("breaches:draft_pdf", args=[report.reference]), {"annex": "1"}).content)
    text = " ".join(text_of(printed).split())
    assert sentence in text
    assert "It appeared between 10:26:55am and 10:27am" in text
