"""The people who use the product: two hundred with a role and a second factor, some of them with a session."""

from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client, override_settings

from benchmarks.office import Office
from releases.models import Membership, Producer
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User

PEOPLE = 200
# Every tenth person has a role for all producers and may see everything. The others have one producer.
EVERYWHERE = 10
ROLES = (Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN, Role.STATISTICIAN)


def recruited(office: Office) -> Sequence[User]:
    """Record the people. Each fifty people have the same role; the role changes with the next fifty."""
    producers = sorted({one.producer for one in office.series}, key=lambda producer: producer.pk)
    people = User.objects.bulk_create(
        User(name=f"Sam Reed {number}", email=f"sam.reed.{number}@example.gov.uk") for number in range(PEOPLE)
    )
    Membership.objects.bulk_create(
        Membership(user=person, producer=producer, role=ROLES[number // len(producers) % len(ROLES)])
        for number, person in enumerate(people)
        for producer in _where(number, producers)
    )
    Authenticator.objects.bulk_create(
        Authenticator(user=person, type=Authenticator.Type.TOTP, data={}) for person in people
    )
    return people


def _where(number: int, producers: Sequence[Producer]) -> Sequence[Producer]:
    return producers if number % EVERYWHERE == 0 else [producers[number % len(producers)]]


def signed_in(people: Sequence[User], *, key: str) -> list[str]:
    """Create a session for each of some people, and return the values of their cookies.

    :param key: the SECRET_KEY of the web server that receives the cookies.
    """
    with override_settings(SECRET_KEY=key):
        return [_session(person) for person in people]


def _session(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
