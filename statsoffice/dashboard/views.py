"""The dashboard, and the updates of its parts."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases import permissions
from releases.rules.canonical import sha256_hex
from releases.views.base import signed_in_part
from statsoffice.audit.trail import producers_audited_by
from statsoffice.dashboard import monitoring, tasks, today
from statsoffice.dashboard.today import split_live_text
from statsoffice.setup.steps import may_set_up, office_of


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show the dashboard; `?still` pauses its updates (WCAG 2.2, success criterion 2.2.2)."""
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
        "has_trail": producers_audited_by(request.user).exists(),
        "announced": tasks.differences_of(request.user, now=now),
        "set_up_left": len(office_of(request.user).left) if may_set_up(request.user) else 0,
    }
    return render(request, "dashboard/desk.html", context)


@signed_in_part
@require_safe
def part(request: HttpRequest) -> HttpResponse:
    fresh = _part(request, now=timezone.now())
    unchanged = {name: request.GET.get(name) == fresh[name] for name in ("told", "waits")}
    changed = fresh["changing"].since(request.GET.get("shown", ""))
    if changed == {} and unchanged["waits"]:
        return HttpResponse(status=204)
    context = {
        "part": fresh,
        "news": _join_sentences(fresh["day"].news(changed or {}), fresh["summary"]),
        "changed": changed,
        "list_changed": changed is None,
        "announce": not unchanged["told"],
        "waiting_changed": not unchanged["waits"],
    }
    return render(request, "dashboard/part.html", context)


def _part(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    day = today.today(request.user, now=now)
    status = monitoring.monitoring_status(now=now)
    text = render_to_string("dashboard/today.html", {"day": day, "watcher": status, "still": "still" in request.GET})
    changing = split_live_text(text)
    waiting_text = render_to_string("dashboard/waiting.html", {"waiting": tasks.tasks_of(request.user, now=now)})
    summary = _join_sentences(day.summary, "" if status.active else status.sentence)
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


def _join_sentences(*sentences: str) -> str:
    return ". ".join(sentence for sentence in sentences if sentence)


def office_context(request: HttpRequest) -> dict[str, str | bool]:
    return {"office_name": settings.OFFICE_NAME, "breaches_public": settings.BREACHES_PUBLIC}
