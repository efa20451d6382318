"""A verdict that an exemption covers is stored and shown, and drafts nothing; an exemption cannot hide a breach."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from breaches import drafting
from breaches.models import Report, Suspicion
from releases import exemptions
from releases.exemptions import ExemptionRefused
from releases.models import Exemption, Verification
from releases.permissions import NotYours
from releases.rules.lifecycle import ChangedMeanwhile, Role
from releases.verdict.release import Covers
from statsoffice.notifications import outbox
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member
from tests.support.report_evidence import DUE, london
from tests.support.report_mornings import (
    EARLY_MORNING,
    LIVE,
    MONITORED,
    NOT_LIVE,
    SEED_MORNING,
    record_checks,
    record_coverage,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = london("10:27:02")
BEFORE = DUE - timedelta(days=10)
APPROVAL = {
    "reference": "OSR 2020/17",
    "approved_on": date(2020, 6, 19),
    "covers_from": date(2020, 6, 30),
    "covers_to": date(2020, 6, 30),
    "covers_late": True,
    "words": "The school year ends a day later in Wales.",
}


@shared_fixture
def series():
    return SeriesFactory()


def head_of(series):
    return create_member(Role.HEAD_OF_PROFESSION, series.producer)


def approved(*covers, series, at=BEFORE, whole_producer=False, **changes):
    faults = {f"covers_{what}": what in covers for what in Covers} if covers else {}
    given = {"series": None if whole_producer else series, **APPROVAL, **faults, **changes}
    return exemptions.record_exemption(Exemption(producer=series.producer, **given), by=head_of(series), at=at)


def late(series, **fields):
    release = ReleaseFactory(announced=True, series=series, **fields)
    record_coverage(release)
    record_checks(release, *SEED_MORNING)
    return release


@pytest.mark.parametrize("whole_producer", [True, False], ids=["for-the-producer", "for-the-series"])
def test_a_covered_verdict_is_kept_raises_no_suspicion_drafts_nothing_and_tells_no_one(series, whole_producer):
    approved(series=series, whole_producer=whole_producer)
    late(series)
    assert drafting.draft_missing(now=NOW) == []
    assert not Suspicion.objects.exists()
    assert not Report.objects.exists()
    assert outbox.create_missing(now=NOW) == 0
    assert Verification.objects.get().outcome == "late"


def test_of_two_releases_only_the_one_that_is_not_covered_is_drafted(series):
    approved(series=series)
    late(series)
    other = late(SeriesFactory(producer=series.producer), reference="other")
    (report,) = drafting.draft_missing(now=NOW)
    assert report.suspicions.get().release == other


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param({"at": DUE}, id="recorded-as-it-was-due"),
        pytest.param({"at": NOW}, id="recorded-after-it-was-late"),
        pytest.param({"at": NOW, "approved_on": date(2020, 1, 2)}, id="recorded-after-with-an-old-date"),
        pytest.param({"covers_late": False, "covers_early": True, "covers_partial": True}, id="for-other-faults"),
        pytest.param({"covers_from": date(2020, 7, 1), "covers_to": date(2020, 7, 1)}, id="for-another-day"),
    ],
)
def test_no_one_hides_a_breach_by_an_exemption(series, attempt):
    late(series)
    approved(series=series, **attempt)
    assert len(drafting.draft_missing(now=NOW)) == 1


def test_an_early_release_that_was_then_late_needs_both_covered(series):
    morning = (("09:00", NOT_LIVE), ("09:10", LIVE), ("09:11", LIVE), *MONITORED)
    approved(Covers.EARLY, series=series)
    release = ReleaseFactory(announced=True, series=series)
    record_checks(release, *morning)
    assert Verification.objects.get().outcome == "early"
    assert {report.kind for report in drafting.draft_missing(now=NOW)} == {"early", "late"}


def test_an_early_release_alone_is_covered_by_an_exemption_for_early_ones(series):
    approved(Covers.EARLY, series=series)
    record_checks(ReleaseFactory(announced=True, series=series), *EARLY_MORNING)
    assert drafting.draft_missing(now=NOW) == []


def test_an_exemption_recorded_after_it_was_seen_early_and_before_it_was_due_covers_nothing(series):
    record_checks(ReleaseFactory(announced=True, series=series), *EARLY_MORNING)
    approved(Covers.EARLY, series=series, at=london("09:20"))
    assert len(drafting.draft_missing(now=NOW)) == 1


def test_an_exemption_recorded_in_error_falls_away_and_the_suspicion_is_raised(series):
    exemption = approved(series=series)
    late(series)
    assert drafting.draft_missing(now=NOW) == []
    exemptions.end_exemption(
        exemption, Exemption.End.IN_ERROR, words="It was for another office.", by=head_of(series), at=NOW
    )
    assert len(drafting.draft_missing(now=NOW)) == 1


def test_an_exemption_withdrawn_later_goes_on_covering_what_it_covered_and_nothing_new(series):
    exemption = approved(series=series, covers_to=date(2020, 7, 1))
    late(series)
    exemptions.end_exemption(exemption, Exemption.End.WITHDRAWN, words="By letter.", by=head_of(series), at=NOW)
    assert drafting.draft_missing(now=NOW) == []
    following = ReleaseFactory(announced=True, series=series, reference="next", due_at=DUE + timedelta(days=1))
    record_checks(following, *SEED_MORNING)
    (report,) = drafting.draft_missing(now=NOW + timedelta(days=1))
    assert report.suspicions.get().release == following


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}])
def test_only_the_head_of_profession_or_a_deputy_keeps_exemptions(series, role):
    exemption = approved(series=series)
    other = create_member(role, series.producer)
    with pytest.raises(NotYours):
        exemptions.record_exemption(Exemption(producer=series.producer, series=series, **APPROVAL), by=other, at=BEFORE)
    with pytest.raises(NotYours):
        exemptions.end_exemption(exemption, Exemption.End.IN_ERROR, words="Not mine", by=other, at=NOW)
    assert Exemption.objects.get().end == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"approved_on": date(2020, 6, 21)}, "approved_on", id="a-day-that-is-still-to-come"),
        pytest.param({"covers_to": date(2020, 6, 29)}, "covers_to", id="an-end-before-the-beginning"),
        pytest.param({"covers_late": False}, "covers_late", id="nothing-covered"),
        pytest.param({"reference": " "}, "reference", id="no-reference"),
        pytest.param({"words": " "}, "words", id="no-words"),
    ],
)
def test_an_approval_that_cannot_be_so_is_refused_on_its_field(series, changes, field):
    with pytest.raises(ExemptionRefused) as refusal:
        approved(series=series, **changes)
    assert refusal.value.field == field


def test_an_exemption_ends_once(series):
    exemption, head = approved(series=series), head_of(series)
    exemptions.end_exemption(exemption, Exemption.End.WITHDRAWN, words="By letter.", by=head, at=NOW)
    with pytest.raises(ChangedMeanwhile):
        exemptions.end_exemption(exemption, Exemption.End.IN_ERROR, words="Otherwise", by=head, at=NOW)
    assert Exemption.objects.get().end_words == "By letter."


def test_page_and_desk_show_the_verdict_with_the_exemption_and_readers_see_neither(client, time_machine, series):
    time_machine.move_to(NOW, tick=False)
    approved(series=series)
    release = late(series)
    page = reverse("releases:release", args=[release.reference])
    assert "exemption" not in client.get(page).text.lower()
    client.force_login(create_member(Role.STATISTICIAN, series.producer))
    text = " ".join(client.get(page).text.split())
    for words in ("Late by", "OSR 2020/17", "19 June 2020", "The school year ends", "do not record a suspected breach"):
        assert words in text
    desk = " ".join(client.get(reverse("desk")).text.split())
    assert "Late by" in desk
    assert "Covered by exemption OSR 2020/17" in desk


def test_a_verdict_that_is_not_covered_is_shown_without_one(client, time_machine, series):
    time_machine.move_to(NOW, tick=False)
    approved(Covers.EARLY, series=series)
    release = late(series)
    client.force_login(create_member(Role.STATISTICIAN, series.producer))
    assert "exemption" not in client.get(reverse("releases:release", args=[release.reference])).text.lower()
