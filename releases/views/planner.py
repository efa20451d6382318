"""The year planner: twelve months at a glance, for a producer's own people."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases.calendar.slot_rules import PLAUSIBLE_YEARS
from releases.core.dates import london
from releases.core.status import Status
from releases.forms.planner_form import PlannerForm
from releases.models import Series
from releases.permissions import Action, producers_where
from releases.planner import year_planner
from releases.views.finding import SignedInRequest
from releases.words import planner_wording


@login_required
@require_safe
def planner(request: SignedInRequest, year: int | None = None) -> HttpResponse:
    """Show a year of one's own producers: of this one in London, if the address names none.

    :raises Http404: if there is no such year, or the producer or series is not theirs.
    """
    now = timezone.now()
    this_year = london.local_date(now).year
    year = this_year if year is None else year
    if year not in PLAUSIBLE_YEARS:
        message = f"{year} is not a year for releases."
        raise Http404(message)
    producers = list(producers_where(request.user, Action.VIEW))
    chosen = [producer for producer in producers if request.GET.get("producer", "") in {"", str(producer.pk)}]
    own = list(Series.objects.filter(producer__in=producers).select_related("producer"))
    one = next((series for series in own if str(series.pk) == request.GET.get("series")), None)
    if (producers and not chosen) or (one is None and request.GET.get("series")):
        message = "There is no such producer or series, or it is not yours."
        raise Http404(message)
    if one is not None and one.producer not in chosen:
        one = None  # another producer was chosen beside a series of the one before
    offered = [series for series in own if series.producer in chosen]
    form = PlannerForm(chosen[0] if len(chosen) == 1 else None, one, producers=producers, series=offered)
    plan = year_planner.of(chosen, one, year=year, now=now)
    context = {
        "plan": plan,
        "form": form if producers else None,
        "producers": chosen,
        "this_year": this_year,
        "before": year - 1 if year - 1 in PLAUSIBLE_YEARS else None,
        "after": year + 1 if year + 1 in PLAUSIBLE_YEARS else None,
        "signs": [(status, *planner_wording.SIGNS[status]) for status in Status],
        "day_numbers": range(1, 32),
    }
    return render(request, "releases/planner.html", context)
