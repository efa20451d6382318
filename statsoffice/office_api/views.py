"""The pages on which Heads of Profession create API tokens, and leads revoke them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from releases.forms import GovukDateField, GovukForm
from releases.models import Producer
from releases.rules.calendar import local_date
from releases.views.base import SignedInRequest, is_completed, post_data
from releases.views.list_order import Column, ListOrder
from statsoffice.office_api.models import PURPOSE_LENGTH, ApiToken, Scope
from statsoffice.office_api.tokens import (
    EXPIRES_SOON,
    LONGEST,
    NewToken,
    TokenState,
    find_token_state,
    issue_token,
    producers_issued_for,
    producers_revoked_for,
    revoke_token,
)

NOTHING = "There is no such token or producer, or this person has no role for it."


class TokenForm(GovukForm):
    button = lazy("Create the token")
    options = {
        "scopes": {
            "hints": {
                Scope.READ_CALENDAR.value: lazy("Everyone can read this. It is enough for most uses."),
                Scope.READ_UNANNOUNCED.value: lazy(
                    "Select the announced calendar, results, checks, evidence or reports as well. "
                    "Only select this if the system needs it."
                ),
                Scope.READ_RESULTS.value: lazy("For example, ‘On time’ and when we first found the release live."),
                Scope.READ_EVIDENCE.value: lazy("Each check with its time and result, but no stored page."),
                Scope.EXPORT_EVIDENCE.value: lazy(
                    "The same file as on the page of a release, which is more than the checks. We record each download."
                ),
                Scope.READ_REPORTS.value: lazy(
                    "Status and main facts of reports, including drafts. Restricted reports are never included."
                ),
                Scope.READ_DOCUMENTS.value: lazy(
                    "The PDF of each report as it was approved, with its annex. We record each download."
                ),
                Scope.CHANGE_CALENDAR.value: lazy(
                    "Plan and cancel releases, change provisional dates, and request changes to "
                    "confirmed dates. This includes releases that are not announced yet."
                ),
            }
        }
    }

    purpose = forms.CharField(
        label=lazy("What is the token for?"),
        help_text=lazy("For example, publishing system. Create one token for each system. Do not name a person."),
        max_length=PURPOSE_LENGTH,
        error_messages={"required": lazy("Enter what the token is for")},
    )
    scopes = forms.MultipleChoiceField(
        label=lazy("What may the token do?"),
        help_text=lazy("No token can agree to a change, decide on a report, or see early releases."),
        choices=Scope.choices,
        initial=[Scope.READ_CALENDAR],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": lazy("Select what the token may do")},
    )
    last_day = GovukDateField(
        label=lazy("Last day"),
        help_text=format_lazy(lazy("At most {days} days from today. For example, 30 6 2027"), days=LONGEST.days),
    )


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A row in the list of tokens."""

    token: ApiToken
    state: TokenState
    expires_soon: bool

    @property
    def works(self) -> bool:
        return self.state is TokenState.WORKS

    @property
    def is_over(self) -> bool:
        return self.state in {TokenState.REVOKED, TokenState.EXPIRED}


@login_required
@require_safe
def list_tokens(request: SignedInRequest) -> HttpResponse:
    producers = list(producers_revoked_for(request.user).order_by("name"))
    if not producers:
        raise Http404(NOTHING)
    issued = set(producers_issued_for(request.user).values_list("pk", flat=True))
    columns = {
        "created": Column(_("Created"), "issued_at", descending_first=True),
        "purpose": Column(_("Purpose"), Lower("purpose")),
        "day": Column(_("Last day"), "last_day"),
    }
    order = ListOrder(request.GET, columns, default="-created")
    tokens = order.sort(ApiToken.objects.filter(producer__in=producers))
    rows = _read_rows(tokens, producers, now=timezone.now())
    context = {
        "order": order,
        "may_sort": any(len(listed) > 1 for listed in rows.values()),
        "offices": [
            {
                "producer": producer,
                "may_issue": producer.pk in issued,
                "current": [row for row in rows[producer.pk] if not row.is_over],
                "over": [row for row in rows[producer.pk] if row.is_over],
            }
            for producer in producers
        ],
    }
    return render(request, "office_api/tokens.html", context)


def _read_rows(found: QuerySet[ApiToken], producers: list[Producer], *, now: datetime) -> dict[int, list[TokenRow]]:
    rows: dict[int, list[TokenRow]] = {producer.pk: [] for producer in producers}
    soon = local_date(now) + EXPIRES_SOON
    for token in found.select_related("producer", "issued_by", "revocation__revoked_by", "use"):
        rows[token.producer_id].append(TokenRow(token, find_token_state(token, at=now), token.last_day <= soon))
    return rows


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create_token_view(request: SignedInRequest, producer: str) -> HttpResponse:
    """Create a token and show it. The complete token is shown only once."""
    owner = get_object_or_404(producers_issued_for(request.user), slug=producer)
    response: HttpResponse = _create_token(request, owner)
    return response


# People must authenticate again before they create a token, as they do before they change their second factor.
# Otherwise a stolen session would be enough to get a token for a year. This is a separate function, so that only people
# who may create a token have to authenticate again.
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
@sensitive_variables("issued")
def _create_token(request: SignedInRequest, owner: Producer) -> HttpResponse:
    form = TokenForm(post_data(request))
    issued: list[NewToken] = []

    def act() -> None:
        given: dict[str, Any] = form.cleaned_data
        scopes = [Scope(one) for one in given["scopes"]]
        issued.append(
            issue_token(
                owner,
                purpose=given["purpose"],
                scopes=scopes,
                last_day=given["last_day"],
                by=request.user,
                at=timezone.now(),
            )
        )

    if is_completed(form, act):
        # Do not redirect, because the token would have to be stored until the next page is shown.
        return render(request, "office_api/created.html", {"token": issued[0].token, "secret": issued[0].secret})
    return render(request, "office_api/create.html", {"producer": owner, "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_token_view(request: SignedInRequest, key: int) -> HttpResponse:
    """Ask for confirmation, and revoke a token at once."""
    tokens = ApiToken.objects.filter(producer__in=producers_revoked_for(request.user))
    token = get_object_or_404(tokens.select_related("producer", "issued_by", "revocation", "use"), pk=key)
    if request.method == "POST":
        if revoke_token(token, by=request.user, at=timezone.now()):
            messages.success(request, _("Token revoked. It no longer works."))
        else:
            messages.info(request, _("This token was already revoked."))
        return redirect("api_tokens")
    return render(request, "office_api/revoke.html", {"token": token})
