"""The desk: the day as it goes, and what waits for the person who looks."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases import permissions
from releases.rules.canonical import sha256_hex
from releases.views.base import signed_in_part
from statsoffice.audit import permissions as trail_permissions
from statsoffice.dashboard import monitoring, tasks, today
from statsoffice.dashboard.today import split_changing
from statsoffice.setup.steps import may_set_up, office_of


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show today's releases as they stand, what waits for the person, what is missing, and what comes next.

    By `?still` nothing on it changes by itself: WCAG 2.2 wants a way to stop that (success criterion 2.2.2).
    """
    now = timezone.now()
    context = {
        "part": _part(request, now=now),
        "still": "still" in request.GET,
        "missing": tasks.missing_information_of(request.user, now=now),
        "tomorrow": today.tomorrow(request.user, now=now),
        "next_day": today.next_day(request.user, now=now),
        "preflight": monitoring.preflight_summary_of(request.user, now=now),
        "noticing": monitoring.detection_chances(),
        "has_register": permissions.producers_where(request.user, permissions.Action.VIEW).exists(),
        "has_trail": permissions.producers_with(
            request.user, trail_permissions.TABLE[trail_permissions.Action.READ]
        ).exists(),
        "announced": tasks.differences_of(request.user, now=now),
        "set_up_left": len(office_of(request.user).left) if may_set_up(request.user) else 0,
    }
    return render(request, "dashboard/desk.html", context)


@signed_in_part
@require_safe
def part(request: HttpRequest) -> HttpResponse:
    """Bring the desk up to date: what is unchanged stays where it is, so nothing moves under the reader."""
    fresh = _part(request, now=timezone.now())
    stands = {name: request.GET.get(name) == fresh[name] for name in ("told", "waits")}
    changed = fresh["changing"].since(request.GET.get("shown", ""))
    if changed == {} and stands["waits"]:
        return HttpResponse(status=204)
    context = {
        "part": fresh,
        "news": _heard(fresh["day"].news(changed or {}), fresh["summary"]),
        "changed": changed,
        "list_changed": changed is None,
        "announce": not stands["told"],
        "waiting_changed": not stands["waits"],
    }
    return render(request, "dashboard/part.html", context)


def _part(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    day = today.today(request.user, now=now)
    watcher = monitoring.monitoring_status(now=now)
    text = render_to_string("dashboard/today.html", {"day": day, "watcher": watcher, "still": "still" in request.GET})
    changing = split_changing(text)
    waiting_text = render_to_string("dashboard/waiting.html", {"waiting": tasks.tasks_of(request.user, now=now)})
    summary = _heard(day.summary, "" if watcher.active else watcher.sentence)
    return {
        "text": text,
        "day": day,
        "changing": changing,
        "shown": changing.shown,
        "summary": summary,
        "told": sha256_hex(summary.encode())[:16],
        "waiting": waiting_text,
        "waits": sha256_hex(waiting_text.encode())[:16],
    }


def _heard(*sentences: str) -> str:
    """Write what those who hear the page are told as it changes: never a countdown, which changes all the time."""
    return ". ".join(sentence for sentence in sentences if sentence)
