"""Issue, find and revoke the tokens of the office's own systems (decision 110)."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from releases.detection.open_files import CODE_CHARACTERS
from releases.models import Producer
from releases.models.event import lock_producer
from releases.permissions import NotYours, Person, producers_with, roles_of, standing_roles_of
from releases.rules import calendar
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import FieldRefused
from statsoffice.accounts.models import AccountRowRecord, User
from statsoffice.accounts.permissions import TOKEN_TABLE, TokenAction
from statsoffice.audit.events import record_account_event
from statsoffice.audit.models import What
from statsoffice.office_api.models import PREFIX, PURPOSE_LENGTH, ApiToken, Scope, TokenRevocation, TokenUse

_SECRET_BYTES = 32
_CODE_LENGTH = 8
_READS = set(Scope) - {Scope.READ_UNANNOUNCED, Scope.CHANGE_CALENDAR}
LONGEST = timedelta(days=365)
EXPIRES_SOON = timedelta(days=14)


class TokenRefused(FieldRefused):
    """The token cannot be issued. `field` is the name of the invalid field."""


class TokenState(StrEnum):
    """Whether a token works, and if it does not, why.

    NOT_RESPONSIBLE means that the person who issued the token is no longer Head of Profession.
    """

    WORKS = "works"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_RESPONSIBLE = "not_responsible"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just issued. `secret` is the complete token, which is never stored."""

    token: ApiToken
    secret: str


def producers_issued_for(person: Person) -> QuerySet[Producer]:
    """Return the producers for which a person may issue tokens."""
    return producers_with(person, TOKEN_TABLE[TokenAction.ISSUE])


def producers_revoked_for(person: Person) -> QuerySet[Producer]:
    """Return the producers whose tokens a person may see and revoke."""
    return producers_with(person, TOKEN_TABLE[TokenAction.REVOKE])


def issue_token(
    producer: Producer, *, purpose: str, scopes: list[Scope], last_day: date, by: User, at: datetime
) -> NewToken:
    """Issue a token for one purpose of a producer.

    If the producer already has a usable token for the same purpose, the new token is refused. So if a form is submitted
    twice, only one token is issued.

    :raises NotYours: if the person has no role that may issue tokens.
    :raises TokenRefused: if the purpose, the scopes or the last day cannot be accepted.
    """
    if not TOKEN_TABLE[TokenAction.ISSUE] & roles_of(by, producer):
        raise NotYours(f"{by} may not issue API tokens of {producer}.")
    purpose = " ".join(purpose.split())
    _check_values(purpose, scopes, last_day, today=calendar.local_date(at))
    code = "".join(secrets.choice(CODE_CHARACTERS) for _place in range(_CODE_LENGTH))
    secret = f"{PREFIX}{code}_{secrets.token_hex(_SECRET_BYTES)}"
    with transaction.atomic():
        lock_producer(producer.pk)
        if ApiToken.objects.usable(at=at).filter(producer=producer, purpose__iexact=purpose).exists():
            raise TokenRefused(
                "purpose", _("There is already a token for this purpose. Revoke it, or enter another one.")
            )
        token = ApiToken.objects.create(
            producer=producer,
            code=code,
            digest=sha256_hex(secret.encode()),
            purpose=purpose,
            scopes=[scope.value for scope in Scope if scope in scopes],
            last_day=last_day,
            issued_by=by,
            issued_at=at,
        )
        TokenUse.objects.create(token=token)
        record_token_event(What.API_TOKEN_CREATED, token, by=by, scopes=token.scopes, last_day=last_day.isoformat())
        AccountRowRecord.record({ApiToken: [token.pk]})
    return NewToken(token, secret)


def _check_values(purpose: str, scopes: list[Scope], last_day: date, *, today: date) -> None:
    if not purpose:
        raise TokenRefused("purpose", _("Enter what the token is for."))
    if len(purpose) > PURPOSE_LENGTH:
        raise TokenRefused("purpose", _("The purpose must be 100 characters or fewer."))
    if not scopes:
        raise TokenRefused("scopes", _("Select what the token may do."))
    if Scope.READ_UNANNOUNCED in scopes and not set(scopes) & _READS:
        sentence = _(
            "Select the announced calendar, results, checks, evidence or reports as well. ‘Include releases that "
            "are not announced yet’ is not enough on its own."
        )
        raise TokenRefused("scopes", sentence)
    if last_day < today:
        raise TokenRefused("last_day", _("The last day must be today or in the future."))
    if last_day > today + LONGEST:
        latest = calendar.format_day(today + LONGEST)
        raise TokenRefused("last_day", _("The last day must be on or before %(day)s.") % {"day": latest})


def revoke_token(token: ApiToken, *, by: User, at: datetime) -> bool:
    """Revoke a token at once. Return False if the token was already revoked.

    :raises NotYours: if the person has no role that may revoke tokens.
    """
    if not TOKEN_TABLE[TokenAction.REVOKE] & roles_of(by, token.producer):
        raise NotYours(f"{by} may not revoke API tokens of {token.producer}.")
    with transaction.atomic():
        lock_producer(token.producer_id)
        if TokenRevocation.objects.filter(token=token).exists():
            return False
        revocation = TokenRevocation.objects.create(token=token, revoked_by=by, revoked_at=at)
        record_token_event(What.API_TOKEN_REVOKED, token, by=by)
        AccountRowRecord.record({TokenRevocation: [revocation.pk]})
    return True


def record_token_event(what: What, token: ApiToken, *, by: User, **facts: object) -> None:
    """Record an event of a token as an event of the account of its issuer, who is responsible for the token."""
    record_account_event(what, account=token.issued_by, by=by, token=token.code, producer=token.producer_id, **facts)


def find_token(secret: str) -> ApiToken | None:
    """Return the token with this secret, even if it is revoked or expired. Return None if there is no such token.

    The query compares digests, so response times reveal nothing about stored tokens.
    """
    if not secret.startswith(PREFIX):
        return None
    found = ApiToken.objects.filter(digest=sha256_hex(secret.encode()))
    return found.select_related("producer", "issued_by", "revocation").first()


def find_token_state(token: ApiToken, *, at: datetime) -> TokenState:
    """Return whether a token works at an aware instant, and if it does not, why.

    The issuer is responsible for the token. So the token works only while the issuer has a role that may issue tokens.
    """
    if token.is_revoked:
        return TokenState.REVOKED
    if token.is_expired(calendar.local_date(at)):
        return TokenState.EXPIRED
    if not TOKEN_TABLE[TokenAction.ISSUE] & standing_roles_of(token.issued_by, token.producer):
        return TokenState.NOT_RESPONSIBLE
    return TokenState.WORKS


class Use(StrEnum):
    """How a request used a token. Each value is the name of a column of `TokenUse`."""

    READ = "reads"
    WRITE = "writes"
    REFUSED = "refused"


def count_use(token: ApiToken, use: Use, *, at: datetime) -> None:
    TokenUse.objects.filter(token=token).update(**{use: F(use) + 1}, last_used_at=at)


def find_expiring_tokens(person: Person, *, now: datetime) -> list[ApiToken]:
    """Return the tokens that expire within two weeks and that the person may replace, sorted by last day."""
    last = calendar.local_date(now) + EXPIRES_SOON
    found = ApiToken.objects.usable(at=now).filter(producer__in=producers_issued_for(person), last_day__lte=last)
    return list(found.select_related("producer").order_by("last_day", "pk"))
