"""The check before a release, for its staff: what the last one found, and asking for another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from releases.beforehand import preflight
from releases.core.preflight_findings import Finding
from releases.core.roles import Role
from releases.models import PreflightRun, Release
from releases.permissions import TABLE, Action
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.views.refusals import told_why
from releases.words import preflight_wording


@dataclass(frozen=True, slots=True)
class Found:
    """One finding in words, and the address that it is about (empty: the release itself)."""

    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """What the release's page shows: the last check, what it found, and whether another may be asked for.

    `planned_at` is the aware instant of the plan, while that is to come.
    """

    run: PreflightRun | None
    problems: list[Found]
    notes: list[Found]
    earlier: list[PreflightRun]
    is_asked: bool
    may_ask: bool
    planned_at: datetime | None


def part_of(release: Release, *, roles: frozenset[Role], now: datetime) -> Part | None:
    """Gather what the page of a release shows of its checks; None where there was none and none can be.

    :param roles: those that the reader holds for its producer.
    :param now: the aware instant of reading.
    """
    runs = list(release.preflights.select_related("asked_by"))
    done = [run for run in runs if run.done_at and run.schedule_version == release.schedule_version]
    to_come = preflight.may_be_checked(release, now=now)
    if not done and not to_come:
        return None
    urls = dict(release.addresses.values_list("pk", "url"))
    found = preflight_wording.codes(done[0].findings) if done else []
    planned_at = preflight.planned_at(release, at=settings.PREFLIGHT_AT) if to_come else None
    return Part(
        run=done[0] if done else None,
        problems=[_found(each, urls, release) for each in found if each.is_problem],
        notes=[_found(each, urls, release) for each in found if not each.is_problem],
        earlier=done[1:],
        is_asked=any(run.done_at is None for run in runs),
        may_ask=to_come and bool(TABLE[Action.PREFLIGHT] & roles),
        planned_at=planned_at if planned_at and planned_at > now else None,
    )


def _found(finding: Finding, urls: Mapping[int, str], release: Release) -> Found:
    url = urls.get(finding.address, "") if finding.address is not None else ""
    return Found(preflight_wording.sentence(finding, planned=release.due_at), url)


@login_required
@require_POST
@told_why
def ask(request: SignedInRequest, reference: str) -> HttpResponse:
    """Ask for a check of one release."""
    release = release_of_theirs(request.user, reference, Action.PREFLIGHT)
    preflight.ask(release, by=request.user, now=timezone.now())
    messages.success(request, _("The pre-flight is asked for. What it finds is shown here, as a rule within a minute."))
    return redirect("releases:release", reference)
