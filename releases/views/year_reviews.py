"""Pages to start, follow and export reviews of a year on GOV.UK (decision 105)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from releases.detection.year_review import Figure, PageKind, PageOutcome, PageStatement
from releases.forms import GovukForm, add_refusal
from releases.imports import govuk, uploads, year_review
from releases.models import Producer, YearReview, YearReviewPage
from releases.pictures import Picture, draw_stated_delays
from releases.public.export import dated_file_name, download_response
from releases.rules.calendar import local_date
from releases.rules.lifecycle import FieldRefused
from releases.rules.tables import TableKind
from releases.rules.year_review import ReviewStatus, years_to_review
from releases.text import year_review as text
from releases.views.base import SignedInRequest, find_table_kind, post_data, post_view, signed_in_part
from releases.views.list_order import Column, ListOrder, place_in
from releases.views.pictures import find_picture_file, picture_response, show_picture
from releases.views.publishers import OrganisationField

PAGES_ON_A_PAGE = 50
REVIEWS_ON_A_PAGE = 30


class YearReviewForm(GovukForm):
    button = lazy("Read this year")

    producer = forms.ModelChoiceField(
        label=lazy("Producer whose staff can see the table"),
        queryset=Producer.objects.none(),
        empty_label=lazy("Choose"),
        error_messages={"required": lazy("Choose a producer")},
    )
    organisation = OrganisationField()
    year = forms.TypedChoiceField(label=lazy("Year"), coerce=int, error_messages={"required": lazy("Choose a year")})

    def __init__(self, data: QueryDict | None = None, *, producers: QuerySet[Producer], today: date) -> None:
        # If there is only one producer, select it. Select last year, because most people review the last complete year.
        only = producers.first() if producers.count() == 1 else None
        super().__init__(data, initial={"producer": only, "year": today.year - 1})
        self.fields["producer"].queryset = producers  # type: ignore[attr-defined]  # a field of model choices
        self.fields["year"].choices = [(year, str(year)) for year in years_to_review(today)]  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_reviews(request: SignedInRequest) -> HttpResponse:
    """List the year reviews of the person's producers, and start a new review."""
    producers = year_review.review_producers(request.user)
    if not producers.exists():
        raise Http404("This person manages no calendar.")
    now = timezone.now()
    form = YearReviewForm(post_data(request), producers=producers, today=local_date(now))
    if form.is_valid():
        given = form.cleaned_data
        try:
            found = year_review.start_review(
                given["organisation"],
                year=given["year"],
                producer=given["producer"],
                hosts=govuk.govuk_hosts(),
                by=request.user,
                at=now,
            )
        except FieldRefused as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("exchange:year_review", found.pk)
    columns = {
        "year": Column(_("Year"), "year", descending_first=True),
        "producer": Column(_("Producer"), Lower("producer__name")),
        "organisation": Column(_("Organisation on GOV.UK"), "organisation"),
        "started": Column(_("Started"), "started_at", descending_first=True),
        "status": Column(_("Status"), place_in(ReviewStatus, field="status")),
    }
    order = ListOrder(request.GET, columns, default="-year")
    page = Paginator(order.sort(year_review.reviews_of(request.user)), REVIEWS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [{"review": review, "status": text.STATUSES[ReviewStatus(review.status)]} for review in page]
    return render(request, "imports/year_reviews.html", {"form": form, "page": page, "order": order, "rows": rows})


@login_required
@require_safe
def show_review(request: SignedInRequest, key: int) -> HttpResponse:
    """Show the dates and changes that GOV.UK states for each page of a year.

    While the pages are being read, show the progress too.
    """
    review = _find_review(request, key)
    found = year_review.find_read_pages(review).order_by(
        F("first_published_on").asc(nulls_last=True), F("announced_at").asc(nulls_last=True), "title", "pk"
    )
    order = ListOrder(request.GET, _columns(review), default="published")
    page = Paginator(order.sort(found), PAGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        **_progress_context(review),
        "status": text.STATUSES[ReviewStatus(review.status)],
        "page": page,
        "order": order,
        "rows": [_describe_page(row, review) for row in page],
        "shown": show_picture(_draw_delays(review), "exchange:year_review_picture", review.pk)
        if page.paginator.count
        else None,
        "kinds": list(TableKind),
    }
    return render(request, "imports/year_review.html", context)


@signed_in_part
@require_safe
def review_progress(request: SignedInRequest, key: int) -> HttpResponse:
    """Return the current progress of a review. When the review has stopped or is complete, reload the page."""
    review = _find_review(request, key)
    if review.status != ReviewStatus.READING:
        return HttpResponseClientRedirect(resolve_url("exchange:year_review", key))
    return render(request, "imports/year_review_progress.html", _progress_context(review))


def _page_of_review(request: SignedInRequest, key: int) -> str:
    return resolve_url("exchange:year_review", _find_review(request, key).pk)


@post_view(_page_of_review)
def restart_review_view(request: SignedInRequest, key: int) -> HttpResponse:
    """Continue a stopped review, or read a complete review again. A second click changes nothing."""
    review = _find_review(request, key)
    year_review.restart_review(review, by=request.user, at=timezone.now())
    return redirect("exchange:year_review", key)


@post_view(_page_of_review)
def remove_review_view(request: SignedInRequest, key: int) -> HttpResponse:
    """Remove a stopped review that has no pages."""
    year_review.remove_empty_review(_find_review(request, key), by=request.user)
    return redirect("exchange:year_reviews")


@login_required
@require_safe
def export_review_file(request: SignedInRequest, key: int, kind: str) -> HttpResponse:
    review, table_kind = _find_review(request, key), find_table_kind(kind)
    name = dated_file_name(f"govuk-{review.organisation}-{review.year}", now=timezone.now())
    return download_response(year_review.export_review(review, table_kind), table_kind, name=name)


@login_required
@require_safe
def review_picture(request: SignedInRequest, key: int, kind: str) -> HttpResponse:
    """Return the picture of delays.

    If the query has a layout, the picture is shown on a page. Otherwise, it is a file for download.
    """
    review = _find_review(request, key)
    file_kind, layout = find_picture_file(request, kind)
    subtitle = f"{review.organisation}, {review.year}"
    name = dated_file_name(f"govuk-delays-{review.organisation}-{review.year}", now=timezone.now())
    return picture_response(_draw_delays(review), file_kind, layout, subtitle=subtitle, name=name)


def _find_review(request: SignedInRequest, key: int) -> YearReview:
    """:raises Http404: if there is no such review, or the person does not manage the calendar of its producer."""
    review = year_review.reviews_of(request.user).filter(pk=key).first()
    if review is None:
        raise Http404("There is no such review, or this person may not see it.")
    return review


def _columns(review: YearReview) -> dict[str, Column]:
    return {
        "page": Column(_("Page"), Lower("title")),
        "announced": Column(_("Announced for"), "announced_at"),
        "scheduled": Column(_("Scheduled time on GOV.UK"), "scheduled_at"),
        "delay": Column(_("Delay"), "delay_seconds", descending_first=True),
        "published": Column(_("First published"), "first_published_on"),
        "changes": Column(_("Changes in %(year)s") % {"year": review.year}),
    }


def _progress_context(review: YearReview) -> dict[str, Any]:
    now = timezone.now()
    is_reading = review.status == ReviewStatus.READING
    return {
        "review": review,
        "is_reading": is_reading,
        "progress": year_review.count_progress(review),
        "problem": text.describe_review_problem(review),
        "retry_at": review.retry_at if review.retry_at and review.retry_at > now else None,
        "waits_for_quiet": is_reading and not uploads.is_quiet(now=now),
    }


def _describe_page(row: YearReviewPage, review: YearReview) -> dict[str, Any]:
    stated = row.read_statement()

    def words(name: Figure) -> str:
        figure = stated.find(name)
        return text.describe_figure(figure) if figure else _("Not known")

    return {
        "row": row,
        "title": row.title or _("Page without a title"),
        "address": f"{review.site}{row.path}",
        "kind": text.KINDS[PageKind(row.kind)],
        "note": text.OUTCOMES[PageOutcome(row.outcome)],
        "announced": words(Figure.ANNOUNCED_FOR),
        "scheduled": words(Figure.SCHEDULED_FOR),
        "delay": words(Figure.DELAY),
        "published": words(Figure.FIRST_PUBLISHED),
        "changes": list(_describe_changes(stated)),
        "figures": [
            (text.FIGURES[figure.name], text.describe_figure(figure), figure.field, figure.address)
            for figure in stated.figures
        ],
    }


MOST_CHANGES_SHOWN = 3


def _describe_changes(stated: PageStatement) -> Iterator[str]:
    """Describe the changes to an announcement or a publication.

    These are a changed date, a cancellation, a withdrawal and the first `MOST_CHANGES_SHOWN` later changes.
    """
    if before := stated.find(Figure.DATE_BEFORE):
        yield _("Date changed from %(date)s. GOV.UK does not say when.") % {"date": before.text}
    if cancelled := stated.find(Figure.CANCELLED_AT):
        yield _("Cancelled %(moment)s") % {"moment": text.describe_figure(cancelled)}
    if withdrawn := stated.find(Figure.WITHDRAWN):
        yield _("Withdrawn %(moment)s") % {"moment": text.describe_figure(withdrawn)}
    first = stated.find(Figure.FIRST_PUBLISHED)
    # The history includes the first publication. Leave it out here, because the table has a column for it.
    changes = [one for one in stated.find_all(Figure.CHANGED) if not (first and first.at and one.at == first.at)]
    yield from (text.describe_figure(change) for change in changes[:MOST_CHANGES_SHOWN])
    if len(changes) > MOST_CHANGES_SHOWN:
        yield _("and %(number)s more under ‘Sources’") % {"number": len(changes) - MOST_CHANGES_SHOWN}
    if stated.has_history and not (changes or before or cancelled or withdrawn):
        yield _("None in the public history")


def _draw_delays(review: YearReview) -> Picture:
    # Defer `statement`, because the picture does not need this field. A statement can contain hundreds of changes.
    pages = year_review.find_read_pages(review).defer("statement")
    return draw_stated_delays(list(pages), review.year, site=review.site)
