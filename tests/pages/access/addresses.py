"""Every address of the product, read from the URL resolver, with an example of each that leads to real rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from breaches.models import Attachment, CorrectiveAction, Practice, RegisterEvent, Report, Suspicion
from breaches.register import EXPORTED
from breaches.rules.lifecycle import RESTRICTED
from releases.models import (
    CalendarImport,
    Cover,
    DateChangeRequest,
    DummyFile,
    MinuteBrief,
    Producer,
    ReleaseTask,
    Screenshot,
    StoredBody,
    YearReview,
)
from statsoffice.accounts.models import Invitation
from statsoffice.office_api.models import ApiToken
from statsoffice.webhooks.models import PublicationSource, WebhookDelivery, WebhookEndpoint

# Operations of the API for the office's own systems.
OF_RELEASE = ("release", "result", "checks", "evidence", "change_date", "cancel_release")


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the resolver: its name with its namespace, and its route as it is written."""

    name: str
    route: str


def places() -> list[Place]:
    """Return every entry of the resolver once, by its full name; one without a name is called by its route."""
    found = {(place.name, place.route): place for place in _walk(get_resolver(), "", "")}
    return list(found.values())


def _walk(resolver: URLResolver, route: str, namespace: str) -> Iterator[Place]:
    for entry in resolver.url_patterns:
        written = route + str(entry.pattern)
        if isinstance(entry, URLPattern):
            name = f"{namespace}{entry.name}" if entry.name else written
            yield Place(name, written)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, written, inner)


def examples(shown: dict[str, str], producer: Producer) -> dict[str, str]:
    """Return an address for each name: of pages that the invented office shows, of rows of its producer, of no row.

    :param shown: addresses of pages by whatever name.
    """
    found: dict[str, str] = {}
    for address in shown.values():
        path = address.partition("?")[0]
        match = _match(path)
        if match:
            found.setdefault(match, path)
    return {**_without_arguments(), **found, **_of_rows(producer), **_of_admin(producer), **_of_routes()}


def _match(path: str) -> str | None:
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def _without_arguments() -> dict[str, str]:
    return {place.name: f"/{place.route}" for place in places() if not set("<(^") & set(place.route)}


def _of_rows(producer: Producer) -> dict[str, str]:
    """The addresses at which something is done to a row, or a file made of it, and which are not pages to read."""
    reports = {each.status: each for each in Report.objects.filter(producer=producer, rehearsal=False, kind="late")}
    waiting = DateChangeRequest.objects.filter(release__series__producer=producer, state="waiting")[0]
    started = CalendarImport.objects.filter(status="checked")[0]
    year = YearReview.objects.filter(producer=producer, status="complete")[0]
    action = CorrectiveAction.objects.filter(report__producer=producer)[0]
    attachment = Attachment.objects.filter(report__producer=producer)[0]
    body = StoredBody.objects.filter(release__reference="kept")[0]
    shot = Screenshot.objects.filter(release__reference="kept", state="stored")[0]
    slug, series = producer.slug, waiting.release.series.slug
    dummy_file = DummyFile.objects.filter(series__producer=producer, checks__isnull=False)[0]
    webhook = WebhookEndpoint.objects.filter(producer=producer)[0]
    delivery = WebhookDelivery.objects.filter(endpoint=webhook, given_up_at__isnull=False)[0]
    system = PublicationSource.objects.filter(producer=producer)[0]
    task = ReleaseTask.objects.filter(series__producer=producer)[0]
    invitation = Invitation.objects.filter(producer=producer)[0]
    approved = reports["approved"]
    given = {
        "releases:release": ("quiet",),
        "releases:release_calendar": ("tomorrow",),
        "releases:withdraw_delay_notice": ("tomorrow",),
        **dict.fromkeys(("releases:no_answer", "releases:undo_no_answer"), ("tomorrow",)),
        "releases:release_at_once": ("tomorrow",),
        "releases:preflight": ("tomorrow",),
        "releases:dummy_file": (dummy_file.pk, "csv"),
        "releases:export_evidence": ("late",),
        "releases:kept_body_download": ("kept", body.sha256),
        "releases:screenshot": ("kept", shot.pk),
        "releases:small_screenshot": ("kept", shot.pk),
        "releases:screenshots": ("tomorrow",),
        "releases:pre_release_decide": ("access-ahead",),
        "releases:pre_release_confirm_list": ("access-ahead",),
        "releases:withdraw_change": (waiting.pk,),
        "releases:tick_task": (task.pk,),
        "releases:export_changes": ("csv",),
        "releases:producer_calendar": (slug,),
        "releases:producer_changes": (slug,),
        "releases:series_calendar": (slug, series),
        "releases:series_changes": (slug, series),
        "releases:api:release": ("tomorrow",),
        **{f"office_api:{name}": ("tomorrow",) for name in OF_RELEASE},
        "office_api:report_document": (reports["draft"].reference,),
        "webhooks:send_test": (webhook.pk,),
        "webhooks:turn_on": (webhook.pk,),
        "webhooks:leave_off": (webhook.pk,),
        "webhooks:send_again": (delivery.pk,),
        "state_publication": (system.key,),
        "exchange:export": ("csv",),
        "admin:releases_contact_export": ("csv",),
        "admin:releases_series_export": ("csv",),
        "admin:releases_producer_export": ("csv",),
        "exchange:template": ("csv",),
        "exchange:import": (started.public_id,),
        "exchange:import_progress": (started.public_id,),
        "exchange:confirm_import": (started.public_id,),
        "exchange:set_date_order": (started.public_id,),
        "exchange:change_options": (started.public_id,),
        "exchange:discard_import": (started.public_id,),
        "exchange:import_listing": ("govuk",),
        **{f"exchange:{name}": (year.pk,) for name in ("year_review", "year_review_progress")},
        **{f"exchange:{name}": (year.pk,) for name in ("restart_year_review", "remove_year_review")},
        "exchange:export_year_review": (year.pk, "csv"),
        "exchange:year_review_picture": (year.pk, "csv"),
        "guides:guide": ("statistician",),
        "early_releases:early_release": (Suspicion.objects.get(release__reference="early").pk,),
        "early_releases:contact": (slug,),
        "minute_brief_part": (MinuteBrief.objects.filter(producer=producer)[0].pk,),
        "breaches:export_figures": ("csv",),
        "breaches:picture": ("causes", "csv"),
        "breaches:yearly_draft": (slug, approved.occurred_on.year, "html"),
        "breaches:frozen_list": (slug, approved.occurred_on.year, 1, "due"),
        "breaches:yearly_file": (slug, approved.occurred_on.year, 1, "html"),
        "transparency:punctuality_year": (slug, approved.occurred_on.year),
        "breaches:join_rehearsed": (slug, approved.occurred_on),
        "breaches:report": (reports["draft"].reference,),
        "breaches:check": (reports["draft"].reference,),
        "breaches:submit": (reports["draft"].reference,),
        "breaches:take_back": (reports["with_hop"].reference,),
        "breaches:decide": (reports["with_hop"].reference,),
        # The sections of this draft have no comment.
        "breaches:resolve_comment": (reports["draft"].reference, 0),
        "redacting:remove": (approved.reference,),
        "outbox:retry_dispatch": (reports["sent"].reference, reports["sent"].dispatches.get().pk),
        "breaches:notice_sent": (reports["withdrawn"].reference, reports["withdrawn"].dispatches.last().pk),
        "breaches:settle_wording": (Practice.objects.get(edition__number="2.0", code="V2").pk,),
        "breaches:finish_action": (action.report.reference, action.pk),
        "breaches:attachment": (attachment.report.reference, attachment.pk),
        "breaches:draft_pdf": (reports["draft"].reference,),
        "breaches:concern_pdf": (approved.reference,),
        "breaches:statement_html": (approved.reference,),
        "breaches:statement_text": (approved.reference,),
        "breaches:approved_pdf": (approved.reference, approved.version),
        "own_invitation": (invitation.pk,),
        "send_invitation_again": (invitation.pk,),
        "withdraw_invitation": (invitation.pk,),
        "name_cover": (slug,),
        "create_api_token": (slug,),
        "revoke_api_token": (ApiToken.objects.filter(producer=producer)[0].pk,),
        "end_cover": (Cover.objects.filter(producer=producer)[0].pk,),
        "mfa_remove_webauthn": (0,),
        "mfa_edit_webauthn": (0,),
        "account_reset_password_from_key": ("x", "x"),
    }
    return {name: reverse(name, args=arguments) for name, arguments in given.items()}


def _of_admin(producer: Producer) -> dict[str, str]:
    """The addresses of one row of each table that the admin site shows, of this producer where rows have one.

    Reports of a restricted kind have their own rules: tests/integration/breaches/test_restricted.py.
    """
    found = {}
    for model, its_admin in admin.site._registry.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        rows = model._default_manager.order_by("pk")
        row = next((row for row in rows if _is_theirs(its_admin, row, producer)), None)
        key = row.pk if row else 0
        for name in ("change", "delete", "history"):
            found[f"admin:{label}_{name}"] = reverse(f"admin:{label}_{name}", args=[key])
        start = reverse(f"admin:{label}_changelist").removeprefix("/")
        found[f"{start}<path:object_id>/"] = f"/{start}{key}/"
    user = next(iter(producer.memberships.all())).user
    found["admin:auth_user_password_change"] = reverse("admin:auth_user_password_change", args=[user.pk])
    found["admin:app_list"] = reverse("admin:app_list", args=["releases"])
    found["admin:view_on_site"] = reverse("admin:view_on_site", args=[1, 1])
    release = found["admin:releases_release_change"].rstrip("/").split("/")[-2]
    found["admin:releases_release_move"] = reverse("admin:releases_release_move", args=[release, "cancel"])
    return found


def _is_theirs(its_admin: object, row: object, producer: Producer) -> bool:
    report = row if isinstance(row, Report) else getattr(row, "report", None)
    if report is not None and report.kind in RESTRICTED:
        return False
    # The admin site shows downloads of the register, and the audit trail the other events.
    if isinstance(row, RegisterEvent) and row.kind != EXPORTED:
        return False
    # Few people see rows about a release that was found early: tests/pages/statsoffice/test_early_releases.py.
    release = report.suspicions.first() if report is not None else row
    is_early_message = getattr(row, "event", "").startswith("early-release-") if hasattr(row, "channel") else False
    if is_early_message or getattr(getattr(release, "release", None), "reference", "") == "early":
        return False
    try:
        return its_admin.producer_of(row) == producer  # type: ignore[attr-defined]
    except AttributeError:
        return True


def _of_routes() -> dict[str, str]:
    return {
        "admin/(?P<url>.*)$": "/admin/nowhere",
        r"api/office/v1/^[\s\S]*$": "/api/office/v1/nowhere",
        r"^api/[\s\S]*$": "/api/nowhere",
    }
