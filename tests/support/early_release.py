"""A release that two checks found live twenty minutes before it was due, with its suspicion and its drafted report."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from breaches import drafting
from breaches.drafting import ReportSubject
from breaches.models import Report, Suspicion
from breaches.rules.lifecycle import ReportKind
from releases import judge, scheduling
from releases.evidence import store
from releases.models import Release
from releases.permissions import User
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import Office, create_office
from tests.support.stored_checks import make_check

PAGE = b"<!doctype html><title>Zephyrine figures 31 March 2020</title>"
PAGE_SHA256 = sha256_hex(PAGE)
TITLE, REFERENCE, URL = "Zephyrine sales", "zephyrine-sales", "https://www.example.gov.uk/statistics/zephyrine"
FOUND_AT = SEED_DUE - timedelta(minutes=19)
SECRETS = (TITLE, REFERENCE, URL, "zephyrine")


@dataclass(frozen=True)
class EarlyRelease:
    office: Office
    release: Release
    suspicion: Suspicion

    @property
    def report(self) -> Report:
        return Report.objects.get(suspicions=self.suspicion)

    @property
    def others(self):
        """The people of the producer who may not know of it, by role."""
        leads = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
        return {role: person for role, person in self.office.people.items() if role not in leads}


def create_early_release(office: Office | None = None, **fields) -> EarlyRelease:
    """Store the checks of the morning, judge and draft, a minute after the second live check."""
    office = office or create_office()
    return find_early(office, create_release(office, **fields))


def create_release(office: Office, **fields) -> Release:
    """Record the release, with one check that did not find it."""
    release = ReleaseFactory(
        **{"announced": True, "title": TITLE, "reference": REFERENCE, "url": URL, **fields},
        series=SeriesFactory(producer=office.producer),
    )
    add_checks(release, ("not_live", -1800))
    return release


def find_early(office: Office, release: Release) -> EarlyRelease:
    add_checks(release, ("live", -1200), ("live", -1185))
    drafting.draft_missing(now=FOUND_AT)
    return EarlyRelease(office, release, Suspicion.objects.get(release=release, kind=ReportKind.EARLY))


def add_checks(release: Release, *seen: tuple[str, float], clock_bound: float | None = 0.0) -> None:
    """Store checks of the page, each as (result, seconds after the due time), and judge after the last.

    Without a bound, nothing confirmed the clock.
    """
    address = release.addresses.get(role="page")
    checks = [
        replace(
            make_check(
                address, result, PAGE if result == "live" else b"<!doctype html><title>Not found</title>", at=at
            ),
            clock_bound_seconds=clock_bound,
        )
        for result, at in seen
    ]
    last = checks[-1].answer.completed_at
    store.store_checks(checks, process="test", at=last)
    judge.judge_one(release, now=last + timedelta(seconds=1))


def publish(early: EarlyRelease) -> None:
    """Let the checks from the due time on find it live, which publishes it."""
    add_checks(early.release, *(("live", at) for at in range(0, 125, 5)))


def move_to_quarter_past(early: EarlyRelease) -> Release:
    """Release it at once, at 9:15am, as the Head of Profession does after "Publish to everyone now"."""
    at = FOUND_AT + timedelta(minutes=1)
    return scheduling.release_at_once(
        Release.objects.select_related("series__producer").get(pk=early.release.pk),
        due_at=SEED_DUE - timedelta(minutes=15),
        reason="So that everyone gets the statistics at the same time.",
        osr_told_at=at,
        by=early.office.head,
        at=at,
    )


def start_early_report(office: Office, release: Release, *, by: User | None = None) -> Report:
    """Start a report about a release that a person, by default the statistician, saw before it was due."""
    about = ReportSubject(office.producer, release=release)
    started, _is_new = drafting.start_report(
        about,
        kind=ReportKind.EARLY,
        occurred_on=(SEED_DUE.date(),),
        by=by or office.statistician,
        at=FOUND_AT,
        form_key=uuid4(),
    )
    return started
