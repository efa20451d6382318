"""The view of the dashboard, and the view that updates parts of the page."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from releases import permissions
from releases.evidence import repository
from releases.rules.canonical import sha256_hex
from releases.text.languages import choose_language, office_names
from releases.views.base import signed_in_part
from statsoffice.accounts.cover import covers_about
from statsoffice.audit.trail import may_read_trail
from statsoffice.dashboard import monitoring, tasks, today
from statsoffice.dashboard.live_text import join_live_texts, split_live_text
from statsoffice.dashboard.today import Day, standing_of
from statsoffice.dashboard.upcoming_releases import read_upcoming_releases
from statsoffice.setup.steps import may_set_up, office_of

LONGEST_PAUSE = timedelta(minutes=1)
"""If the last update of a page is longer ago than this, all strips are sent to the page again."""
STRIP_GROWS = timedelta(minutes=3)
"""For this long after the end of the tolerance, the strip may still get new checks."""
MOST_DIGITS = 12
"""The page sends an instant in seconds since 1970. An instant with this many digits or more is ignored."""
# Matches the place of a line in `dashboard/lines.html`.
_LINE = re.compile(r'<li data-line="([^"]*)"></li>')
# Matches the age of a task. A script on the page updates the ages, so the digest of the tasks leaves them out.
# Otherwise the tasks would be sent again each minute.
_AGES = re.compile(r"<span data-since=[^>]*>[^<]*")


@dataclass(frozen=True, slots=True)
class PageChoices:
    """The reader's choices in the query string of the dashboard.

    `still` pauses the updates (WCAG 2.2, success criterion 2.2.2). `large` is for a screen on a wall. `all` lists every
    release of long groups. `rehearsals` says whether to show rehearsals, and is None if the reader did not choose.
    """

    still: bool
    large: bool
    all: bool
    rehearsals: bool | None

    @classmethod
    def of(cls, query: QueryDict) -> "PageChoices":
        rehearsals = {"show": True, "hide": False}.get(query.get("rehearsals", ""))
        return cls(still="still" in query, large="large" in query, all="all" in query, rehearsals=rehearsals)

    def address(self, **changed: bool | None) -> str:
        """Return the address of the page with some choices changed."""
        query = self.replaced(**changed).query
        return reverse("desk") + (f"?{query}" if query else "")

    def replaced(self, **changed: bool | None) -> "PageChoices":
        return replace(self, **changed)  # type: ignore[arg-type]  # of the same fields

    @property
    def query(self) -> str:
        chosen = [name for name in ("still", "large", "all") if getattr(self, name)]
        if self.rehearsals is not None:
            chosen.append(f"rehearsals={'show' if self.rehearsals else 'hide'}")
        return "&".join(chosen)

    @property
    def links(self) -> dict[str, str]:
        """The addresses of the links on the page, keyed by link name. Each address except "here" changes one choice."""
        return {
            "here": self.address(),
            "pause": self.address(still=True),
            "resume": self.address(still=False),
            "large": self.address(large=True),
            "normal": self.address(large=False),
            "all": self.address(all=True),
            "fewer": self.address(all=False),
            "show_rehearsals": self.address(rehearsals=True),
            "hide_rehearsals": self.address(rehearsals=False),
        }


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    now, shown = timezone.now(), PageChoices.of(request.GET)
    day = _read_day(request, shown, now=now).with_strips(now=now)
    context = {"part": _part(request, day, shown, now=now), "shown": shown, "links": shown.links}
    if not shown.large:
        upcoming = read_upcoming_releases(request.user, now=now)
        context |= {
            "missing": tasks.missing_information_of(upcoming, now=now),
            "upcoming": today.upcoming_days(upcoming, now=now, rehearsals=shown.rehearsals),
            "preflight": monitoring.preflight_summary_of(upcoming, now=now),
            "noticing": monitoring.detection_chances(),
            "has_register": permissions.may_anywhere(request.user, permissions.Action.VIEW),
            "has_trail": may_read_trail(request.user),
            "announced": tasks.differences_of(request.user, now=now) if day.existing.announcement_differences else None,
            "covers": covers_about(request.user, now=now) if day.existing.covers else [],
            "set_up_left": len(office_of(request.user).left) if may_set_up(request.user) else 0,
        }
    return render(request, "dashboard/desk.html", context)


@signed_in_part
@require_safe
def part(request: HttpRequest) -> HttpResponse:
    """Return the parts of the page that have changed, or status 204 if nothing has changed."""
    now, shown = timezone.now(), PageChoices.of(request.GET)
    day = _read_day(request, shown, now=now)
    fresh = _part(request, day, shown, now=now)
    unchanged = {name: request.GET.get(name) == fresh[name] for name in ("told", "waits")}
    changed = fresh["changing"].since(request.GET.get("shown", ""))
    if changed is None:
        day = day.with_strips(now=now)
        fresh = _part(request, day, shown, now=now)
        strips: Mapping[str, SafeString] = {}
    else:
        strips = _changed_strips(day, changed, since=request.GET.get("checks", ""), now=now)
    if changed == {} and not strips and unchanged["waits"]:
        return HttpResponse(status=204)
    news = day.news(changed or {})
    context = {
        "part": fresh,
        "news": _join_sentences(news, fresh["summary"]),
        "changed": {**(changed or {}), **strips},
        "list_changed": changed is None,
        # The result of a rehearsal changes no count, so it leaves the summary unchanged.
        "announce": bool(news) or not unchanged["told"],
        "waiting_changed": not unchanged["waits"],
        "shown": shown,
    }
    return render(request, "dashboard/part.html", context)


def _read_day(request: HttpRequest, shown: PageChoices, *, now: datetime) -> Day:
    return today.today(request.user, now=now, rehearsals=shown.rehearsals, long=shown.all, wall=shown.large)


def _changed_strips(day: Day, changed: Container[str], *, since: str, now: datetime) -> dict[str, SafeString]:
    """Draw the strips of releases that have a new status, or that were checked since the last update of the page.

    The page sends the instant of the last update. It does not send the number of stored checks, because the number
    could show that an early release was checked more often.

    :param since: the instant of the last update in seconds since 1970, as sent by the page.
    """
    lines = [line for line in day.shown if line.has_strip]
    seconds = int(since) if since.isdecimal() and len(since) < MOST_DIGITS else 0
    if not now.timestamp() - LONGEST_PAUSE.total_seconds() <= seconds <= now.timestamp():
        drawn = {line.release.pk for line in lines}
    else:
        drawn = {line.release.pk for line in lines if standing_of(line.release) in changed}
        # After `STRIP_GROWS`, new checks lie outside the strip, so the strip no longer changes.
        growing = {line.release.pk for line in lines if line.limit_at and now < line.limit_at + STRIP_GROWS}
        if growing:
            drawn |= repository.find_checked_since(datetime.fromtimestamp(seconds, tz=UTC), growing)
    return {
        f"{line.key}-strip": render_to_string("releases/strip.html", {"strip": line.strip, "key": line.key})
        for line in day.with_strips(now=now, only=drawn).lines
        if line.strip
    }


def _part(request: HttpRequest, day: Day, shown: PageChoices, *, now: datetime) -> dict[str, Any]:
    status = monitoring.monitoring_status(now=now)
    # While monitoring has a problem, missing responses may be our own fault, so no outage is shown.
    outages = day.find_outages(request.user) if status.active and not shown.large else []
    context = {
        "day": day,
        "banner": day.banner(now=now),
        "outages": outages,
        "watcher": status,
        "shown": shown,
        "links": shown.links,
        "has_role": bool(permissions.roles_anywhere(request.user)),
    }
    # Most lines are rendered and split already, so the page is rendered and split without its lines.
    lines, around = day.render_lines(large=shown.large), render_to_string("dashboard/today.html", context)
    text = SafeString(_LINE.sub(lambda place: lines[place[1]].html, around))
    changing = join_live_texts([split_live_text(around), *(lines[key].live for key in _LINE.findall(around))])
    waiting = tasks.tasks_of(request.user, day, now=now, rehearsals=shown.rehearsals) if not shown.large else None
    waiting_text = ""
    if waiting is not None:
        tasks_context = {"waiting": waiting, "now": now, "links": shown.links}
        waiting_text = render_to_string("dashboard/waiting.html", tasks_context)
    summary = _join_sentences(day.summary, "" if status.active else status.sentence)
    told, waits = sha256_hex(summary.encode())[:16], sha256_hex(_AGES.sub("", waiting_text).encode())[:16]
    state = {"shown": changing.shown, "told": told, "waits": waits, "checks": int(now.timestamp())}
    return {
        "text": text,
        "day": day,
        "title": day.title,
        "changing": changing,
        "summary": summary,
        "waiting": waiting_text,
        "now": now,
        "address": f"{reverse('desk_part')}?{'&'.join(filter(None, [urlencode(state), shown.query]))}",
        **state,
    }


def _join_sentences(*sentences: str) -> str:
    return ". ".join(sentence for sentence in sentences if sentence)


def office_context(request: HttpRequest) -> dict[str, str | bool]:
    return {"office_name": choose_language(office_names()), "breaches_public": settings.BREACHES_PUBLIC}
