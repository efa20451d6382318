"""The list of releases in the admin site: its columns, filters, search and order."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.admin import filters
from releases.admin.access import ByProducer
from releases.core.dates import calendar, london
from releases.core.judging.verdict import Outcome
from releases.core.status import OPEN, Status
from releases.models import Address, Release
from releases.words.wording import OUTCOMES

EMPTY = SafeString('<span class="office-nothing">–</span>')


class ReleaseList(ChangeList):
    """The list with one form for all of its filters and its search."""

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What stands in the address beside the filters and the search, such as the order, and stays there."""
        asked = {SEARCH_VAR, *(name for spec in self.filter_specs for name in spec.expected_parameters() if name)}
        return [(name, value) for name, values in self.filter_params.items() if name not in asked for value in values]


class ReleaseColumns(ByProducer[Release]):
    """What the list of releases shows of each, and by what it is narrowed."""

    list_display = ("release", "planned_for", "status_tag", "verdict_tag", "notice", "lacks", "producer")
    list_display_links = ("release",)
    ordering = ("-planned_on", "reference")
    list_filter = (
        filters.AttentionFilter,
        filters.LacksFilter,
        filters.StatusFilter,
        filters.DayFilter,
        filters.MonthFilter,
        filters.ProducerFilter,
        filters.SeriesFilter,
        filters.VerdictFilter,
        filters.RehearsalFilter,
    )
    list_select_related = ("series__producer",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    date_hierarchy = "planned_on"
    search_fields = ("reference", "title", "series__title", "series__producer__name")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list with one form for its filters."""
        return ReleaseList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        """Return one's own releases with the verdict on each, and whether it has a page."""
        page = Address.objects.filter(release=OuterRef("pk"), role=Address.Role.PAGE)
        # Not joined but asked for each row that is shown: counting them all reads no verdict.
        verdict = Subquery(filters.present_verdicts().values("outcome")[:1])
        mine = super().get_queryset(request).select_related("series__producer")
        return mine.annotate(verdict=verdict, has_page=Exists(page))

    @admin.display(description=lazy("release"), ordering="title")
    def release(self, release: Release) -> SafeString:
        """Name the release, with its reference below."""
        return format_html('{}<br><span class="office-quiet">{}</span>', release.title, release.reference)

    @admin.display(description=lazy("producer"), ordering="series__producer__name")
    def producer(self, release: Release) -> str:
        """Name the producer."""
        return release.series.producer.name

    @admin.display(description=lazy("planned for"), ordering="planned_on")
    def planned_for(self, release: Release) -> str:
        """Write the date and time as exactly as they are known."""
        return str(release.slot)

    @admin.display(description=lazy("status"), ordering="status")
    def status_tag(self, release: Release) -> SafeString:
        """Show the status, and whether readers can see the release at all."""
        label, colour = filters.STATUSES[Status(release.status)]
        tags = [(colour, label)]
        if release.rehearsal:
            tags.append(("teal", lazy("Rehearsal")))
        elif release.announced_at is None:
            tags.append(("grey", lazy("Not announced")))
        return _tags(tags)

    @admin.display(description=lazy("verdict"), ordering="verdict")
    def verdict_tag(self, release: Any) -> str:
        """Show the verdict on the present schedule, which only the producer's own people ever see."""
        if not release.verdict or release.verdict == Outcome.PENDING:
            return EMPTY
        label, colour = OUTCOMES[Outcome(release.verdict)]
        return _tags([(colour, label)])

    @admin.display(description=lazy("notice"))
    def notice(self, release: Release) -> str:
        """Count the days from the confirmation, or from today without one, to the date; a rehearsal gives none."""
        if release.due_at is None or release.status == Status.CANCELLED or release.rehearsal:
            return EMPTY
        given_at = release.confirmed_at or timezone.now()
        days = (release.planned_on - london.local_date(given_at)).days
        if days < 0:
            return EMPTY
        counted = ngettext("%(days)s day’s notice", "%(days)s days’ notice", days) % {"days": days}
        return _tags([("orange", counted)]) if days < calendar.NOTICE.days else counted

    @admin.display(description=lazy("lacks"))
    def lacks(self, release: Any) -> str:
        """Name what an open release still needs before it can be watched and reported on."""
        if release.status not in OPEN:
            return EMPTY
        missing = (
            (release.has_page, _("No page")),
            (release.series.responsible_id, _("No contact")),
            (release.series.head_of_profession_id, _("No Head of Profession")),
        )
        return _tags([("orange", name) for there, name in missing if not there]) or EMPTY

    @admin.display(description=lazy("so far"))
    def milestones(self, release: Release) -> str:
        """Tell what happened to the release, in the order of time."""
        told = (
            (_("announced"), release.announced_at),
            (_("confirmed"), release.confirmed_at),
            (_("published"), release.published_at),
            (_("cancelled"), release.cancelled_at),
        )
        reached = sorted((at, words) for words, at in told if at)
        lines = [(words.capitalize(), london.moment(at)) for at, words in reached]
        if release.cancellation_reason:
            lines.append((_("Reason"), release.cancellation_reason))
        return format_html_join("", "<div>{}: {}</div>", lines) or EMPTY


def _tags(tags: list[tuple[str, Any]]) -> SafeString:
    return format_html_join(" ", '<span class="office-tag office-tag--{}">{}</span>', tags)
