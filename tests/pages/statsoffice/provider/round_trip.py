"""An office whose people sign in by its own provider, in another process: going there and coming back."""

import html
import re
from urllib.parse import urlsplit

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.urls import reverse
from django.utils import timezone

from releases.models import Membership
from releases.rules.lifecycle import Role
from statsoffice.accounts import invitations
from statsoffice.accounts.models import Invitation, User
from statsoffice.audit.models import AccountEvent, What
from tests.servers.private_openid_provider import tell
from tests.support.factories import ProducerFactory, create_member

ADDRESS = "jo.lane@example.gov.uk"
JO = {"sub": "jo-1", "email": ADDRESS, "email_verified": True}
LOG_IN = "/accounts/login/"


def question(answer):
    """The address to which a page of ours leads, automatically and by its link."""
    (by_itself,) = re.findall(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', answer.text)
    assert f'href="{by_itself}"' in answer.text
    return html.unescape(by_itself)


def sent_back(client, **form):
    """Go to the provider as a browser does, and return the address to which it sends the person back."""
    there = question(client.post(reverse("openid_connect_login"), form))
    answer = requests.get(there, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    path = urlsplit(answer.headers["Location"])
    return f"{path.path}?{path.query}"


def sign_in(client, server, claims=JO, **faults):
    tell(server, claims=claims, **faults)
    return client.get(sent_back(client))


def is_signed_in(client):
    return client.get("/desk/").status_code == 200


def kept():
    """Everything that a sign-in could leave, but for the record of its failure."""
    tables = (User, EmailAddress, SocialAccount, SocialToken, Membership)
    return [list(table.objects.order_by("pk").values()) for table in tables], Invitation.objects.filter(
        accepted_at=None
    ).count()


def refused(client, answer, *, sentence, status=403):
    """Return whether one sentence was shown, and no one was let in."""
    assert (answer.status_code, answer.text.count(sentence)) == (status, 1), answer.text
    return not is_signed_in(client)


def failures():
    return list(AccountEvent.objects.filter(kind=What.SIGN_IN_FAILED).values_list("account__email", flat=True))


def invited(role=Role.STATISTICIAN):
    producer = ProducerFactory()
    head = create_member(Role.HEAD_OF_PROFESSION, producer)
    invitations.invite(email=ADDRESS, name="Jo Lane", producer=producer, role=role, by=head, at=timezone.now())
    return producer
