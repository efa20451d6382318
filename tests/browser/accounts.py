"""Pages about accounts, on the invented office's morning."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from releases import cover
from releases.cover import CoverPerson
from releases.rules.lifecycle import Role
from statsoffice.accounts import invitations
from statsoffice.office_api import tokens
from statsoffice.office_api.models import Scope

NAME = "Wilhelmina Featherstonehaugh-Cholmondeley of the Statistics and Analysis Directorate"
ADDRESS = "wilhelmina.featherstonehaugh-cholmondeley.statistics.and.analysis@example.gov.uk"


def pages_of_accounts(office) -> dict[str, str]:
    """Invitations, open and over, and planned cover; addresses of pages by name."""
    now = timezone.now()
    told = {"name": NAME, "producer": office.producer, "by": office.head}
    _, secret = invitations.invite(email=ADDRESS, role=Role.STATISTICIAN, at=now, **told)
    invitations.invite(email="late@example.gov.uk", role=Role.AUDITOR, at=now - timedelta(days=9), **told)
    # Long after the morning, so that it gives no one anything there.
    first, last = now.date() + timedelta(days=300), now.date() + timedelta(days=309)
    people = [CoverPerson(office.deputy, first, last)]
    cover.name_cover(office.producer, office.head, first=first, last=last, people=people, by=office.head, at=now)
    scopes = [Scope.READ_CALENDAR, Scope.READ_RESULTS]
    # So near its end that it is a task too.
    issued = tokens.issue_token(
        office.producer,
        purpose="Publishing system",
        scopes=scopes,
        last_day=now.date() + timedelta(days=9),
        by=office.head,
        at=now,
    )
    return {
        "API tokens": reverse("api_tokens"),
        "creating an API token": reverse("create_api_token", args=[office.producer.slug]),
        "revoking an API token": reverse("revoke_api_token", args=[issued.token.pk]),
        "cover": reverse("cover"),
        "naming cover": reverse("name_cover", args=[office.producer.slug]),
        "your account": reverse("your_account"),
        "numbers for text messages": reverse("text_numbers"),
        "where one is signed in": reverse("usersessions_list"),
        "the second step": reverse("mfa_index"),
        "showing that it is still you": reverse("mfa_activate_totp"),
        "changing the password": reverse("account_change_password"),
        "the passkeys": reverse("mfa_list_webauthn"),
        "the invitations": reverse("invitations"),
        "inviting": reverse("invite"),
        "accepting an invitation": reverse("account_invited", args=[secret]),
    }
