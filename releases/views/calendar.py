"""The public calendar, its feeds, and the year planner."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache, wraps
from itertools import groupby
from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.forms import FilterForm, GovukForm, render_form_once
from releases.models import Producer, Release, Series
from releases.models.producer import Designation
from releases.permissions import Action, producers_where
from releases.planner import year_plan_of
from releases.public import calendar as public_calendar
from releases.public import feeds
from releases.public.calendar import CalendarQuery, CalendarView
from releases.public.feeds import (
    CHANGES_PER_PAGE,
    MOST_PAGES,
    MOST_RELEASES,
    Subscription,
    absolute_address,
    allow_programs,
    release_pages_address,
    subscription_address,
)
from releases.rules import calendar as rules_calendar
from releases.rules.calendar import Month, month_of
from releases.rules.lifecycle import Status
from releases.rules.public_calendar import AnnouncedRelease, SlugName
from releases.scheduling import PLAUSIBLE_YEARS
from releases.text import calendar as text_calendar
from releases.text.languages import choose_language, office_names
from releases.views.base import SignedInRequest

LONGEST_QUERY = 200
QUESTIONS = ("words", "producer", "series", "designation")
NOT_THERE = {
    "show": lazy("“%(value)s” is not one of the choices."),
    "producer": lazy("There is no producer “%(value)s” in this calendar."),
    "series": lazy("There is no series “%(value)s” of this producer in this calendar."),
    "designation": lazy("There is no designation “%(value)s”."),
}


VIEWS = {
    CalendarView.ALL: lazy("All"),
    CalendarView.UPCOMING: lazy("Upcoming"),
    CalendarView.PUBLISHED: lazy("Published"),
    CalendarView.CANCELLED: lazy("Cancelled"),
    CalendarView.CORRECTED: lazy("Corrections"),
}


class CalendarFilter(FilterForm):
    """The filters of the public calendar.

    A series can be chosen only if a producer is chosen, or if there is only one producer.
    """

    show = forms.ChoiceField(choices=[(shown.value, shown.value) for shown in CalendarView], required=False)
    words = forms.CharField(label=lazy("Title contains"), required=False, max_length=LONGEST_QUERY)
    producer = forms.ChoiceField(label=lazy("Producer"), required=False)
    series = forms.ChoiceField(label=lazy("Series"), required=False)
    designation = forms.ChoiceField(
        label=lazy("Designation"), required=False, choices=[("", lazy("Any designation")), *Designation.choices]
    )

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        producers = list(public_calendar.public_producers())
        self.of_one_producer = producers[0].slug if len(producers) == 1 else ""
        chosen = query.get("producer", "") or self.of_one_producer
        series = list(public_calendar.public_series().filter(producer__slug=chosen)) if chosen else []
        # The key under which the rendered form is cached.
        self.cache_key = (
            query.urlencode(),
            tuple((one.slug, one.names) for one in producers),
            tuple((one.slug, one.titles) for one in series),
        )
        self._named = {
            "producer": {one.slug: SlugName(one.slug, one.name, one.welsh_name) for one in producers},
            "series": {one.slug: SlugName(one.slug, one.title, one.welsh_title) for one in series},
        }
        for name, any_of_them in (("producer", _("Any producer")), ("series", _("Any series"))):
            choices = [(slug, choose_language(one.names)) for slug, one in self._named[name].items()]
            self._offer(name, [("", any_of_them), *choices])
        self.fields["show"].widget = forms.HiddenInput()
        for name, sentence in NOT_THERE.items():
            self.fields[name].error_messages["invalid_choice"] = sentence
        if self.of_one_producer:
            self.fields["producer"].widget = forms.HiddenInput()
        if not series:
            self.fields["series"].widget = forms.HiddenInput()

    def questions(self) -> Iterable[Any]:
        hidden = [name for name, field in self.fields.items() if field.widget.is_hidden]
        visible = Div(*(self.question(name) for name in self.fields if name not in hidden), css_class="office-filter")
        # Leave out hidden fields without a value, so that the query string does not contain them.
        before, *after = [name if self.data.get(name) else None for name in hidden]
        return [name for name in (before, visible, *after) if name is not None]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @staticmethod
    def tidy(query: QueryDict) -> QueryDict:
        """Return a query string without empty filters, and without a series that the chosen producer does not have.

        Without JavaScript, the form also sends its empty fields and the series of the previously chosen producer.
        """
        tidy = QueryDict(mutable=True)
        for name, values in query.lists():
            if values := [value for value in values if value.strip()]:
                tidy.setlist(name, values)
        producer, series = tidy.get("producer"), tidy.get("series")
        if producer and series:
            of_whom = set(public_calendar.public_series().filter(slug=series).values_list("producer__slug", flat=True))
            if of_whom and producer not in of_whom:
                del tidy["series"]
        return tidy

    def view(self, *, default: CalendarView) -> CalendarView:
        self.is_valid()
        return CalendarView(self.cleaned_data.get("show") or default)

    def query(self) -> CalendarQuery | None:
        """Return the query, or None if a filter has an invalid value, such as an unknown producer."""
        if not self.is_valid():
            return None
        return CalendarQuery(**{name: self.cleaned_data[name] for name in QUESTIONS})

    @property
    def subscription(self) -> Subscription:
        """The subscription that is offered with the list. It covers the selected producer or series, or everything."""
        slugs = {name: self.cleaned_data.get(name) or "" for name in ("producer", "series")} if self.is_valid() else {}
        slugs["producer"] = slugs.get("producer") or (self.of_one_producer if slugs.get("series") else "")
        return Subscription(**{name: self._named[name][slug] for name, slug in slugs.items() if slug})

    @property
    def chosen(self) -> list[str]:
        found = []
        for name in QUESTIONS:
            value = self.cleaned_data.get(name) if self.is_valid() else ""
            if value:
                named = dict(getattr(self.fields[name], "choices", ())).get(value, f"“{value}”")
                found.append(str(named))
        return found


class PlannerForm(GovukForm):
    button, method = lazy("Show"), "get"

    producer = forms.ChoiceField(label=lazy("Producer"), required=False)
    series = forms.ChoiceField(label=lazy("Series"), required=False)

    def __init__(
        self, producer: Producer | None, one: Series | None, *, producers: Iterable[Producer], series: Iterable[Series]
    ) -> None:
        super().__init__(initial={"producer": producer and producer.pk, "series": one and one.pk})
        offered = [(each.pk, each.name) for each in producers]
        self.fields["producer"].choices = [("", lazy("All producers")), *offered]  # type: ignore[attr-defined]  # a field of choices
        named = [(each.pk, each.title) for each in series]
        self.fields["series"].choices = [("", lazy("All series")), *named]  # type: ignore[attr-defined]
        if len(offered) < 2:
            del self.fields["producer"]

    def questions(self) -> Iterable[Any]:
        return [Div(*super().questions(), css_class="office-planner-questions")]


# The maximum number of rendered parts in each cache. Most requests are for the current month. A rendered list of fifty
# releases takes about 40 kB.
CACHED_PARTS = 32


def release_list_part(releases: tuple[AnnouncedRelease, ...], *, today: date) -> SafeString:
    return _list(releases, today, get_language())


@lru_cache(maxsize=CACHED_PARTS)
def _list(releases: tuple[AnnouncedRelease, ...], today: date, _language: str | None) -> SafeString:
    return render_to_string("releases/calendar_list.html", {"listed": releases, "today": today})


RELEASES_PER_PAGE = 50
MOST_LISTED = 2_000


def tidy_address(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view: if the query string has empty or contradictory filters, redirect to an address without them."""

    @wraps(view)
    def page(request: HttpRequest, **which: int) -> HttpResponse:
        wanted = CalendarFilter.tidy(request.GET)
        if wanted != request.GET:
            return redirect(f"{request.path}?{wanted.urlencode()}" if wanted else request.path)
        return view(request, **which)

    return page


@require_safe
@tidy_address
def month_page(request: HttpRequest, year: int | None = None, month: int = 1) -> HttpResponse:
    """Show the announced releases of a month. The default is the current month in London."""
    now = timezone.now()
    this_month = shown = month_of(rules_calendar.local_date(now))
    if year is not None:
        if year not in PLAUSIBLE_YEARS or not 1 <= month <= 12:
            raise Http404(f"There is no month {month} of {year} in this calendar.")
        shown = Month(date(year, month, 1))
    form = CalendarFilter(request.GET)
    show, query = form.view(default=CalendarView.ALL), form.query()
    found = public_calendar.releases_in_month(shown, query, show=show, now=now) if query else Release.objects.none()
    before, after = public_calendar.find_months_around(shown)
    months = {"before": before and before.first, "after": after and after.first, "this_month": this_month.first}
    return _page(request, form, found, show=show, now=now, month=shown.first, **months)


@require_safe
@tidy_address
def all_months(request: HttpRequest) -> HttpResponse:
    """Show the announced releases of all months. By default, only upcoming releases are shown."""
    now = timezone.now()
    form = CalendarFilter(request.GET)
    show, query = form.view(default=CalendarView.UPCOMING), form.query()
    found = public_calendar.releases_in_all_months(query, show=show, now=now) if query else Release.objects.none()
    this_month = month_of(rules_calendar.local_date(now)).first
    return _page(request, form, found, show=show, now=now, month=None, this_month=this_month)


def _page(
    request: HttpRequest,
    form: CalendarFilter,
    found: QuerySet[Release],
    *,
    show: CalendarView,
    now: datetime,
    **more: Any,
) -> HttpResponse:
    # Limit the length of the list, so that the cost of a request does not grow with the calendar.
    keys = list(found.values_list("pk", flat=True)[: MOST_LISTED + 1])
    page = Paginator(keys[:MOST_LISTED], RELEASES_PER_PAGE).get_page(request.GET.get("page"))
    releases = public_calendar.announced_facts_of(list(page.object_list))
    today = rules_calendar.local_date(now)
    in_groups = groupby(releases, key=lambda release: None if more["month"] else month_of(release.slot.on).first)
    # The query string without the parameters `show` and `page`.
    narrowing = request.GET.copy()
    for name in ("show", "page"):
        narrowing.pop(name, None)
    context = {
        "form": form,
        "filter": render_form_once(form, cache_key=form.cache_key),
        "follow": feeds.follow_addresses(form.subscription),
        "narrowed": f"?{narrowing.urlencode()}" if narrowing else "",
        "show": show,
        "choices": [(view, VIEWS[view]) for view in CalendarView],
        "page": page,
        "has_more": len(keys) > MOST_LISTED,
        "releases": releases,
        "groups": [(first, release_list_part(tuple(group), today=today)) for first, group in in_groups],
        **more,
    }
    return render(request, "releases/calendar.html", context)


@allow_programs
def calendar_file_page(request: HttpRequest, producer: str = "", series: str = "") -> HttpResponse:
    what = feeds.find_subscription(producer=producer, series=series)
    words = {"name": what.name or choose_language(office_names()), "most": f"{MOST_RELEASES:,}"}
    content = feeds.calendar_file(
        feeds.list_releases(what, now=timezone.now()),
        name=_("Releases: %(name)s") % words,
        description=_("%(name)s: releases of the last year and upcoming releases (up to %(most)s).") % words,
        page=subscription_address(what),
        release_pages_address=release_pages_address(),
    )
    return HttpResponse(content, content_type=feeds.CALENDAR_MEDIA_TYPE)


@allow_programs
def release_file_page(request: HttpRequest, reference: str) -> HttpResponse:
    found = public_calendar.announced_facts(Release.objects.public().filter(reference=reference))
    if not found:
        raise Http404(f"There is no announced release {reference}.")
    content = feeds.calendar_file(
        found,
        name=choose_language(found[0].titles),
        description=choose_language(found[0].series.names),
        page=absolute_address("releases:release", reference),
        release_pages_address=release_pages_address(),
    )
    response = HttpResponse(content, content_type=feeds.CALENDAR_MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{reference}.ics"'
    return response


@allow_programs
def change_feed_page(request: HttpRequest, producer: str = "", series: str = "") -> HttpResponse:
    """Return one page of the feed of changes to announced releases, the newest first. Pages link to each other."""
    what, number = feeds.find_subscription(producer=producer, series=series), request.GET.get("page", "1")
    if number not in {str(page) for page in range(1, MOST_PAGES + 1)}:
        pages = f"it has {MOST_PAGES} pages of {CHANGES_PER_PAGE} changes"
        raise Http404(f"There is no page {number[:20]} of this feed: {pages}.")
    page = int(number)
    found, more = feeds.newest_changes(what, page=page)
    first = settings.ADDRESS + request.path
    links = {"self": first if page == 1 else f"{first}?page={page}", "first": first}
    if page > 1:
        links["previous"] = first if page == 2 else f"{first}?page={page - 1}"
    if more:
        links["next"] = f"{first}?page={page + 1}"
    content = feeds.change_feed(
        found,
        name=_("Changes to releases: %(name)s") % {"name": what.name or choose_language(office_names())},
        page=subscription_address(what),
        links=links,
        release_pages_address=release_pages_address(),
    )
    return HttpResponse(content, content_type=feeds.FEED_MEDIA_TYPE)


@login_required
@require_safe
def year_planner(request: SignedInRequest, year: int | None = None) -> HttpResponse:
    """Show the year planner for the person's producers. The default is the current year in London.

    :raises Http404: if the year is not in `PLAUSIBLE_YEARS`, or the producer or series is not one of the person's.
    """
    now = timezone.now()
    this_year = rules_calendar.local_date(now).year
    year = this_year if year is None else year
    if year not in PLAUSIBLE_YEARS:
        raise Http404(f"The calendar does not include the year {year}.")
    producers = list(producers_where(request.user, Action.VIEW))
    chosen = [producer for producer in producers if request.GET.get("producer", "") in {"", str(producer.pk)}]
    own = list(Series.objects.filter(producer__in=producers).select_related("producer"))
    one = next((series for series in own if str(series.pk) == request.GET.get("series")), None)
    if (producers and not chosen) or (one is None and request.GET.get("series")):
        raise Http404("There is no such producer or series, or it is not yours.")
    if one is not None and one.producer not in chosen:
        one = None  # The producer was changed, and the series belongs to the previous producer.
    offered = [series for series in own if series.producer in chosen]
    form = PlannerForm(chosen[0] if len(chosen) == 1 else None, one, producers=producers, series=offered)
    plan = year_plan_of(chosen, one, year=year, now=now)
    context = {
        "plan": plan,
        "form": form if producers else None,
        "producers": chosen,
        "this_year": this_year,
        "before": year - 1 if year - 1 in PLAUSIBLE_YEARS else None,
        "after": year + 1 if year + 1 in PLAUSIBLE_YEARS else None,
        "signs": [(status, *text_calendar.SIGNS[status]) for status in Status],
        "day_numbers": range(1, 32),
    }
    return render(request, "releases/planner.html", context)
