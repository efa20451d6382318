"""Record sign-ins, and downloads that no other event records."""

import re
from collections.abc import Mapping
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from statsoffice.accounts.models import User
from statsoffice.audit.models import AccountEvent, What

# The keys under which the sign-in backends pass the account name.
NAMES = ("username", "email", "login")


def connect_signals() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_password_changed, dispatch_uid="audit")
    authenticator_added.connect(_second_step_set_up, dispatch_uid="audit")
    authenticator_removed.connect(_second_step_removed, dispatch_uid="audit")
    authenticator_reset.connect(_second_step_set_up, dispatch_uid="audit")
    authentication_failed.connect(_second_step_failed, dispatch_uid="audit")


def record_account_event(what: What, *, account: User | None, by: User | None, **facts: Any) -> None:
    AccountEvent.append([AccountEvent(kind=what, at=timezone.now(), account=account, actor=by, facts=facts)])


def _signed_in(user: User, **_rest: Any) -> None:
    record_account_event(What.SIGNED_IN, account=user, by=user)


def _signed_out(user: User | None, **_rest: Any) -> None:
    # The user is None if a person signs out without being signed in.
    if user is not None:
        record_account_event(What.SIGNED_OUT, account=user, by=user)


def _failed(credentials: dict[str, Any], **_rest: Any) -> None:
    # Do not store the input, because people may type their password into this field by mistake.
    typed = next((str(credentials[name]) for name in NAMES if credentials.get(name)), "")
    record_account_event(What.SIGN_IN_FAILED, account=User.objects.filter(email__iexact=typed.strip()).first(), by=None)


def _password_changed(user: User, **_rest: Any) -> None:
    record_account_event(What.PASSWORD_CHANGED, account=user, by=user)


def _second_step_set_up(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    made = authenticator.type == Authenticator.Type.RECOVERY_CODES
    what = What.RECOVERY_CODES_MADE if made else What.SECOND_STEP_SET_UP
    record_account_event(what, account=user, by=user, how=str(authenticator.type))


def _second_step_removed(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    record_account_event(What.SECOND_STEP_REMOVED, account=user, by=user, how=str(authenticator.type))


def _second_step_failed(user: User, authenticator: Authenticator | None = None, **_rest: Any) -> None:
    record_account_event(
        What.SECOND_STEP_FAILED, account=user, by=None, how=str(authenticator.type) if authenticator else ""
    )


# Downloads that are not recorded here. Other events record the downloads of report documents, the register, stored
# bodies and evidence. Downloads of calendar entries are not recorded, because the entries are public.
LEFT_OUT = frozenset(
    {"breaches:approved_pdf", "breaches:draft_pdf", "breaches:concern_pdf"}
    | {"breaches:statement_html", "breaches:statement_text", "breaches:attachment"}
    | {"breaches:export", "releases:kept_body_download", "releases:export_evidence", "releases:release_calendar"}
)
MOST_CHARACTERS = 300

KEY, DAY, YEAR = r"[0-9]{1,9}", r"[0-9/ -]{8,10}", r"[0-9]{4}"
SLUG = r"[a-z0-9-]{1,100}"
FREE: None = None
RECORDED_PARAMETERS: Mapping[str, Mapping[str, str | None]] = {
    "exchange:export": {
        "words": FREE,
        "producer": KEY,
        "series": KEY,
        "status": r"[a-z_]{1,20}",
        "first": DAY,
        "last": DAY,
        "contacts": "yes",
    },
    # The value is the slug of an existing producer, not free text. If no producer has the slug, the response is 404,
    # and no download is recorded.
    "releases:export_changes": {"producer": SLUG, "show": "on-the-day"},
    "breaches:export_figures": {"producer": KEY, "series": KEY, "year": YEAR},
    "breaches:picture": {"producer": SLUG, "series": SLUG, "year": YEAR},
}
"""The query parameters that are recorded, keyed by the view name of the file.

Each parameter has a pattern for its values, or `FREE` if its values are free text. For free text, we record only that
the parameter was given: the text may contain a person's name, and the rows are never deleted. Parameters that are not
listed here are not recorded.
"""


class FileDownloadRecord(MiddlewareMixin):
    """Record each file that a signed-in person downloads, before they receive it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != 200 or not response.get("Content-Disposition", "").startswith("attachment"):
            return response
        match = request.resolver_match
        # `request.user` must be the last condition, so that the user is queried only for files that are recorded.
        if match and match.view_name not in LEFT_OUT and request.user.is_authenticated:
            cleaned_query = query_without_free_text(request.GET, page=match.view_name)[:MOST_CHARACTERS]
            record_account_event(
                What.FILE_TAKEN,
                account=request.user,
                by=request.user,
                path=request.path_info[:MOST_CHARACTERS],
                asked=cleaned_query,
            )
        return response


def query_without_free_text(query: QueryDict, *, page: str) -> str:
    """Return the query string to record for a download. Free text is replaced by an ellipsis.

    :param page: the view name of the file.
    """
    parameters = []
    for name, closed in RECORDED_PARAMETERS.get(page, {}).items():
        for value in query.getlist(name):
            is_closed = not value or (closed is not FREE and re.fullmatch(closed, value))
            parameters.append(f"{name}={value if is_closed else '…'}")
    return "&".join(parameters)
