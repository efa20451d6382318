"""Health checks for monitoring tools: whether this process answers, and whether the product works."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.log import log_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from releases.models import Anchor, Coverage
from releases.rules import calendar
from statsoffice import broker
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.status import Condition, Trouble

BROKER_TIMEOUT_SECONDS = 1.0
# An anchor is made each day after midnight in London. A day can have 25 hours, so the newest anchor can be up to 25
# hours old.
NEWEST_ANCHOR_WITHIN = timedelta(hours=26)

CHECK_NAMES = {
    Trouble.SWEEP_SILENT: "watcher",
    Trouble.SWEEP_FAILS: "watcher",
    Trouble.CANARY_WRONG: "canary",
    Trouble.CANARY_OVERDUE: "canary",
    Trouble.CLOCK_OFF: "clock",
    Trouble.UNSTORED: "record",
}


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    well: bool
    says: str


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Respond with 200, so that a process manager can see that this process responds."""
    return JsonResponse({"live": True})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Respond with the result of each health check. The status is 503 if any check fails, and 200 otherwise."""
    checks = check_health(timezone.now())
    wrong = [check.name for check in checks if not check.well]
    found = {check.name: {"well": check.well, "says": check.says} for check in checks}
    response = JsonResponse({"ready": not wrong, "checks": found}, status=503 if wrong else 200)
    if wrong:
        # Log the response here at a low level. Otherwise Django would log a server error at every request of a
        # monitoring tool.
        log_response("not ready: %s", ", ".join(wrong), response=response, request=request, level="info")
    return response


def check_health(now: datetime) -> list[Check]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        condition = status.condition(now=now)
        anchor = _check_anchor(now)
    except Error:
        return [Check("database", well=False, says="The database does not respond."), _check_broker()]
    database = Check("database", well=True, says="The database responds.")
    return [database, _check_broker(), *_check_monitoring(condition, now=now), anchor]


def _check_broker() -> Check:
    if broker.is_private() and not broker.socket_path(settings.VAR_DIR).exists():
        return Check("broker", well=True, says="No broker is used.")
    if broker.is_available(broker.url(var=settings.VAR_DIR), within_seconds=BROKER_TIMEOUT_SECONDS):
        return Check("broker", well=True, says="The broker responds.")
    return Check("broker", well=False, says="The broker does not respond.")


def _check_anchor(now: datetime) -> Check:
    newest = Anchor.in_order().select_related("time_stamp", "time_stamp_request").last()
    if newest is None:
        first = Coverage.objects.order_by("began_at").values_list("began_at", flat=True).first()
        well = first is None or now - first < NEWEST_ANCHOR_WITHIN
        return Check("anchor", well=well, says="No anchor of the record has been made yet.")
    says = f"Anchor {newest.position} of the record was made at {calendar.format_moment(newest.made_at)}."
    if hasattr(newest, "time_stamp"):
        says += " It has a time stamp."
    elif hasattr(newest, "time_stamp_request"):
        says += " It has no time stamp yet."
    well = now - newest.made_at < NEWEST_ANCHOR_WITHIN
    return Check("anchor", well=well, says=says if well else f"{says} One should be made each day.")


def _check_monitoring(condition: Condition, *, now: datetime) -> list[Check]:
    wrong: dict[str, list[str]] = {}
    for problem in condition.problems:
        wrong.setdefault(CHECK_NAMES[problem.trouble], []).append(status.describe_problem(problem, now=now))
    if not condition.ever_active:
        wrong["watcher"] = [str(status.NEVER_ACTIVE)]
    # Until a self-test has passed, nothing has shown that monitoring works, so this check fails.
    proved = not settings.CANARY or condition.rehearsed_at is not None
    well = {
        "watcher": (True, "Monitoring is working."),
        "canary": (proved, status.describe_synthetic_checks(condition, now=now)),
        "clock": (True, status.describe_clock(condition)),
        "record": (True, "All checks are saved."),
    }
    return [
        Check(name, well=False, says=" ".join(wrong[name])) if name in wrong else Check(name, *well[name])
        for name in well
    ]
