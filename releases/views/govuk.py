"""Importing a release from its GOV.UK announcement: the address, what was read, and the release to be checked."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from releases.calendar.host_budgets import budgets_from_settings
from releases.core.judging.reading import govuk_announcement
from releases.core.judging.reading.govuk_announcement import Announced, Announcing, NoAnnouncementError, Problem
from releases.core.lifecycle import MoveRefused
from releases.core.looks.clock_error import ClockError, Voucher
from releases.core.web_address import place_of
from releases.exchange import govuk_import, imports
from releases.exchange.govuk_import import ToRecord
from releases.forms.govuk_forms import AnnouncementForm, ReleaseToCheckForm, initial_of
from releases.models import Release, Series
from releases.permissions import Action, producers_where
from releases.probe.probe import probe_from_settings
from releases.views.finding import SignedInRequest
from releases.views.refusals import put_on_field
from releases.watching.beside import Means
from releases.words import announcement_wording

# A person waits for the answer, and a thread of the web with them.
LONGEST_SECONDS = 9.0
_SALT = "releases.views.govuk"
_DAY_SECONDS = 24 * 60 * 60


@login_required
@require_http_methods(["GET", "POST"])
def from_govuk(request: SignedInRequest) -> HttpResponse:
    """Ask for the address of an announcement, and show the release that is read from it."""
    _require_keeper(request)
    form = AnnouncementForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        url = form.cleaned_data["url"]
        if known := govuk_import.known_at(url, by=request.user):
            return _known(request, known)
        try:
            with _means() as means:
                announced = govuk_import.look_up(url, hosts=hosts(), means=means, now=timezone.now())
        except NoAnnouncementError as refusal:
            form.add_error("url", _why(refusal.problem))
        except MoveRefused as refusal:
            form.add_error("url", str(refusal))
        else:
            if announced.state is not Announcing.CANCELLED:
                return _to_check(request, announced, url)
            form.add_error("url", _cancelled(announced))
    return render(request, "exchange/from_govuk.html", {"form": form})


@login_required
@require_POST
def record(request: SignedInRequest) -> HttpResponse:
    """Record the release that a person has checked."""
    _require_keeper(request)
    form = ReleaseToCheckForm(request.POST, series=_series(request))
    try:
        seen = signing.loads(request.POST.get("seen", ""), salt=_SALT, max_age=_DAY_SECONDS)
    except signing.BadSignature:
        messages.error(request, _("What was read is too long ago: read the announcement again."))
        return redirect("exchange:from_govuk")
    if form.is_valid():
        given = form.cleaned_data
        try:
            release = govuk_import.record(
                ToRecord(
                    series=given["series"],
                    reference=given["reference"],
                    title=given["title"],
                    slot=form.slot(),
                    announcement=seen["url"],
                    confirmed=given["status"] == Announcing.CONFIRMED,
                    page=given["page"],
                    marker=given["marker"],
                    short_notice_reason=given["reason"],
                ),
                by=request.user,
                at=timezone.now(),
            )
        except MoveRefused as refusal:
            put_on_field(form, refusal, {"exact_date": "planned_on"})
        else:
            messages.success(request, _("The release is recorded."))
            return redirect("releases:release", release.reference)
    return _check_page(request, form, govuk_announcement.from_json(seen["announced"]), seen["url"])


def hosts() -> frozenset[str]:
    """Return the hosts with GOV.UK's content API: its own, and in development that of the rehearsal site."""
    rehearsal = place_of(settings.REHEARSAL_SITE)
    return frozenset({"www.gov.uk"} | ({rehearsal} & settings.PROBE_ALLOW_PRIVATE))


@contextmanager
def _means() -> Iterator[Means]:
    """Put together with what one page asks, and until when it may."""
    until = time.monotonic() + LONGEST_SECONDS
    with probe_from_settings(now=timezone.now, beside=True) as look:
        yield Means(
            look=look,
            holder=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()} web",
            budgets=budgets_from_settings(),
            clock_error=ClockError(Voucher.NOBODY, None),
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            stop=lambda: time.monotonic() > until,
        )


def _to_check(request: SignedInRequest, announced: Announced, url: str) -> HttpResponse:
    series = _series(request)
    theirs = govuk_import.producers_of(announced, by=request.user)
    of_theirs = [each for each in series if each.producer in theirs] or list(series)
    initial = initial_of(announced, series=govuk_import.series_of(announced, of_theirs))
    seen = {"announced": govuk_announcement.to_json(announced), "url": url}
    form = ReleaseToCheckForm(series=series, initial=initial | {"seen": signing.dumps(seen, salt=_SALT)})
    return _check_page(request, form, announced, url)


def _check_page(request: SignedInRequest, form: ReleaseToCheckForm, announced: Announced, url: str) -> HttpResponse:
    form.helper.form_action = resolve_url("exchange:record_from_govuk")
    said = [
        (_("Title"), announced.title),
        (_("Organisations"), ", ".join(announced.organisations)),
        (_("Date"), announced.displayed),
        (_("State"), str(announcement_wording.STATES[announced.state])),
        (_("Date before"), announced.previous),
        (_("Change note"), announced.note),
    ]
    context = {
        "form": form,
        "url": url,
        "said": [{"key": key, "value": value} for key, value in said if value],
        "is_theirs": bool(govuk_import.producers_of(announced, by=request.user)),
    }
    return render(request, "exchange/check_release.html", context)


def _known(request: SignedInRequest, known: Release) -> HttpResponse:
    messages.info(request, _("This announcement is that of a release which is recorded already."))
    return redirect("releases:release", known.reference)


def _why(problem: Problem) -> str:
    sentence = str(announcement_wording.PROBLEMS[problem])
    passes = problem in {Problem.UNREACHABLE, Problem.ASKED_TO_WAIT}
    return f"{sentence} {_('Try again in some minutes.')}" if passes else sentence


def _cancelled(announced: Announced) -> str:
    if announced.note:
        return _("This announcement is cancelled, and there is nothing to record: %(note)s") % {"note": announced.note}
    return _("This announcement is cancelled, and there is nothing to record.")


def _series(request: SignedInRequest) -> QuerySet[Series]:
    theirs = producers_where(request.user, Action.EDIT)
    return Series.objects.filter(producer__in=theirs).select_related("producer").order_by("producer__name", "title")


def _require_keeper(request: SignedInRequest) -> None:
    if not imports.may_import(request.user):
        message = "There is no calendar of theirs."
        raise Http404(message)
