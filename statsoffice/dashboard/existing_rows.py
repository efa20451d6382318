"""Finds out with one query which rare rows exist, so that the dashboard reads no list that is empty for everyone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Exists, ExpressionWrapper, Q
from django.db.models.expressions import Combinable

from breaches.dispatches import needs_dispatch
from breaches.models import Dispatch, Report
from breaches.rules.lifecycle import ReportStatus
from releases.detection.open_files import Result
from releases.models import (
    Comparison,
    Cover,
    DateChangeRequest,
    Exemption,
    MinuteBrief,
    OpenFileFinding,
    PreReleaseRequest,
    Producer,
    Release,
    ReleaseTask,
    RotaEntry,
    Statement,
    Verification,
)
from releases.overview import london_day
from releases.permissions import Person
from releases.rules.calendar import local_date
from releases.rules.date_change import RequestState
from releases.rules.pre_release import RequestStatus
from releases.verdict.address import NEEDS_CHECKING
from statsoffice.accounts.models import Invitation, User
from statsoffice.office_api.models import ApiToken
from statsoffice.office_api.tokens import EXPIRES_SOON
from statsoffice.webhooks.models import WebhookEndpoint

# We ask questions about a release from one day before its due time until two weeks after it. Two weeks are enough,
# because the last check of the release is made long before they end.
ASKED_BEFORE_DUE = timedelta(days=1)
ASKED_AFTER_DUE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ExistingRows:
    """Whether the whole service has rows that the lists of each kind can show now, for any producer and any person.

    If a field is False, the list of these rows is empty for every person. If it is True, the list of a person can still
    be empty.
    """

    access_requests: bool
    announcement_differences: bool
    api_tokens: bool
    asking_producers: bool
    briefs: bool
    covers: bool
    date_requests: bool
    drafts: bool
    exemptions: bool
    invitations: bool
    left_provisional: bool
    open_files: bool
    reports_to_send: bool
    rotas: bool
    statements: bool
    stopped_webhooks: bool
    submitted_reports: bool
    tasks: bool
    unlisted_reports: bool
    unsent_notices: bool
    unsure_verdicts: bool


def find_existing_rows(person: Person, *, now: datetime) -> ExistingRows:
    """Find out which kinds of rows exist at an aware instant.

    For a person without an account, no kinds exist, because all their lists are empty.
    """
    conditions = _build_conditions(now)
    exist = User.objects.filter(pk=person.pk or 0).values_list(*conditions.values()).first() or [False] * len(
        conditions
    )
    return ExistingRows(**dict(zip(conditions, exist, strict=True)))


def _build_conditions(now: datetime) -> dict[str, Combinable]:
    """Return the condition of each field of `ExistingRows`.

    Each condition must include all rows that the list of any person can show at `now`. The conditions are not
    restricted to the producers of the person, because building them would then take longer than reading the lists.
    """
    on = local_date(now)
    day_begins_at, day_ends_at = london_day(on)
    # The statements are also read for the strips of today's releases.
    asked_since, asked_until = now - ASKED_AFTER_DUE, max(now + ASKED_BEFORE_DUE, day_ends_at)
    of_recent_release = Q(release__due_at__gt=asked_since, release__due_at__lte=asked_until)
    unsure = Verification.objects.filter(outcome__in=NEEDS_CHECKING)
    # A verdict on an earlier date of a release that was moved also needs an answer. Each of the two subqueries can use
    # an index.
    is_any_unsure = Exists(unsure.filter(due_at__gt=asked_since)) | Exists(unsure.filter(of_recent_release))
    return {
        "access_requests": Exists(PreReleaseRequest.objects.filter(status=RequestStatus.WAITING)),
        "announcement_differences": Exists(Comparison.objects.filter(differs=True)),
        "api_tokens": Exists(ApiToken.objects.usable(at=now).filter(last_day__lte=on + EXPIRES_SOON)),
        "asking_producers": Exists(Producer.objects.filter(asks_recipients=True)),
        "briefs": Exists(MinuteBrief.objects.filter(due_at__gte=day_begins_at, due_at__lte=now)),
        "covers": Exists(Cover.objects.in_force(at=now)),
        "date_requests": Exists(DateChangeRequest.objects.filter(state=RequestState.WAITING)),
        "drafts": Exists(Report.objects.filter(status__in=[ReportStatus.DRAFT, ReportStatus.RETURNED])),
        "exemptions": Exists(Exemption.objects.all()),
        "invitations": Exists(Invitation.objects.open_at(now)),
        "left_provisional": Exists(Release.objects.left_provisional(now=now)),
        "open_files": Exists(OpenFileFinding.objects.filter(result=Result.OPEN)),
        "reports_to_send": Exists(Report.objects.filter(needs_dispatch())),
        "rotas": Exists(RotaEntry.objects.all()),
        "statements": Exists(Statement.objects.filter(of_recent_release)),
        "stopped_webhooks": Exists(WebhookEndpoint.objects.stopped()),
        "submitted_reports": Exists(Report.objects.filter(status=ReportStatus.WITH_HOP)),
        "tasks": Exists(ReleaseTask.objects.open()),
        "unlisted_reports": Exists(Report.objects.about_unpublished_early()),
        "unsent_notices": Exists(Dispatch.objects.unsent_notices()),
        "unsure_verdicts": ExpressionWrapper(is_any_unsure, output_field=BooleanField()),
    }
