"""Every address, role, producer and method: answers follow the one table of roles, and a new address fails."""

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from releases.models import Membership, PreReleaseRequest, Training
from releases.rules.lifecycle import Role
from statsoffice import middleware
from statsoffice.accounts.models import User
from tests.pages.access.addresses import examples, places
from tests.pages.access.admin_tables import expected_in_the_admin_site
from tests.pages.access.expected import ADMINISTRATORS, EVERYBODY, EXPECTED, SIGNED_IN, SUPERUSERS
from tests.support.administrators import an_administrator
from tests.support.factories import ProducerFactory, UserFactory, create_member

# PostgreSQL takes ten times as long for thousands of savepoints in one transaction, and the table is the same on both.
pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

ELSEWHERE, NO_ROLE, SUPERUSER, STRANGER = "every role elsewhere", "no role", "superuser", "not signed in"
IN_THE_GROUP = "administrator by the group"
PARTICIPANT = "an auditor who takes part in a training"
PRIVATE = ("A rehearsal in ten minutes", "breach-report-draft", "breach-report-with-hop", "Featherstonehaugh")
METHODS = {"get": "reads", "post": "posts"}


def expected():
    return EXPECTED | expected_in_the_admin_site()


def test_every_address_has_an_expectation_and_every_expectation_an_address():
    assert {place.name for place in places()} == set(expected())


@pytest.fixture
def addresses(transactional_db, saved_office, settings):
    """An example of every address, on the invented office's morning."""
    settings.BREACHES_PUBLIC = True
    morning, at = saved_office.begin()
    with time_machine.travel(at, tick=False), transaction.atomic():
        User.objects.update(is_staff=True)
        found = examples(morning.pages, morning.office.producer)
        assert set(found) >= set(expected())
        yield morning.office, found


def sent_along():
    """What a page sends along, by the name of where it goes, and without which there is nothing to do."""
    asked = PreReleaseRequest.objects.filter(release__reference="access-ahead", status="waiting")[0]
    return {
        "releases:withdraw_delay_notice": {"seen": "0"},
        "releases:no_answer": {"contact": "1"},
        "releases:undo_no_answer": {"contact": "1"},
        "releases:receipt": {"answer": "confirmed"},
        "releases:pre_release_decide": {"act": "agree", "request": asked.pk},
    }


def client_of(who, office):
    """A client of someone: of a role, or of one of the four others. All are let into the admin site."""
    client = Client()
    if who in office.people:
        user = office.people[who]
    elif who == STRANGER:
        return client
    elif who == IN_THE_GROUP:
        user = an_administrator()
    elif who == PARTICIPANT:
        user = create_member(Role.AUDITOR, office.producer, is_staff=True)
        Training.objects.get().participants.add(user)
    else:
        user = UserFactory(is_staff=True, is_superuser=who == SUPERUSER)
    if who == ELSEWHERE:
        producer = ProducerFactory()
        Membership.objects.bulk_create(Membership(user=user, producer=producer, role=role) for role in Role)
    client.force_login(User.objects.get(pk=user.pk))
    return client


def kind_of(answer):
    """What an answer is: open, hidden, or asked to sign in; a method that an address does not know shows nothing."""
    leads_to = answer.headers.get("HX-Redirect") or answer.headers.get("Location") or ""
    if leads_to.startswith(("/accounts/login/", "/admin/login/")):
        return "asked to sign in"
    return {404: "hidden", 403: "hidden", 401: "hidden", 405: "no such method"}.get(answer.status_code, "open")


def right_kinds(who, rule, side):
    """Which kinds of answer are right for someone."""
    allowed = getattr(rule, side)
    if who == PARTICIPANT:
        # They can do what their role can, and read the training.
        return {"open"} if rule.participants_too and side == "reads" else right_kinds(Role.AUDITOR, rule, side)
    if who == IN_THE_GROUP and allowed == SUPERUSERS:
        return {"hidden", "no such method"}
    outside = who not in set(Role)
    if allowed == EVERYBODY:
        return {"open", "asked to sign in"}
    if who == STRANGER:
        return {"asked to sign in", "hidden", "no such method", *(["open"] if rule.of_no_row else [])}
    if who in {SUPERUSER, IN_THE_GROUP} and (rule.administrators_too or allowed in {ADMINISTRATORS, SUPERUSERS}):
        return {"open"} if allowed else {"open", "hidden", "no such method"}
    if allowed == SIGNED_IN or (isinstance(allowed, frozenset) and who in allowed):
        return {"open"}
    # Pages with nothing of this office for other people are searched for its data.
    return {"hidden", "no such method", *(["open"] if rule.of_no_row and outside else [])}


def is_dead_end(name, rule, method, answer):
    """Whether people who sign in again, and so come by GET to the address of the button that they pressed, see nothing.

    The admin site has its own pages.
    """
    has_only_button = rule.posts and not rule.reads and not name.startswith("admin:")
    return bool(has_only_button and method == "get" and answer.status_code not in {302, 404})


# Each person makes about 800 requests. Three of them find a page that was forgotten; the tables of roles have their own
# tests.
FOR_EACH_COMMIT = (Role.STATISTICIAN, ELSEWHERE, STRANGER)
OTHERS = tuple(who for who in (*Role, NO_ROLE, SUPERUSER, IN_THE_GROUP, PARTICIPANT) if who not in FOR_EACH_COMMIT)


@pytest.mark.parametrize(
    "people",
    [pytest.param(FOR_EACH_COMMIT, id="for-each-commit"), pytest.param(OTHERS, id="others", marks=pytest.mark.full)],
)
def test_each_role_reaches_the_addresses_of_the_table_and_no_other(addresses, subtests, people):
    office, found = addresses
    for who in people:
        with subtests.test(str(who)):
            kinds = assert_access(who, client_of(who, office), found)
        if who == STRANGER:
            with subtests.test("only requests that need no sign-in are counted"):
                assert_counted(kinds, found)


# These pages name the person to whom a link belongs, for whom else it was forwarded to (decision 99).
OF_RECIPIENT = ("releases:receipt", "releases:receipt_disclosure")


def assert_access(who, client, found):
    """Request every address by both methods as one person; nothing is stored. Return the kinds of the answers."""
    session = client.cookies.get("sessionid")
    wrong, told, sent, kinds = {}, {}, sent_along(), {name: set() for name in found}
    for name, rule in expected().items():
        for method, side in METHODS.items():
            if session:
                client.cookies["sessionid"] = session.value
            with transaction.atomic():
                answer = getattr(client, method)(found[name], sent.get(name) if method == "post" else None)
                transaction.set_rollback(True)
            kind = kind_of(answer)
            if method == "get" and answer.status_code == 302 and kind == "open" and not rule.reads:
                kind = "no such method"  # it leads to the page with the form, which has a rule of its own
            kinds[name].add(kind)
            # A table of the admin site without a row has the key 0, at which there is nothing.
            is_right = kind in right_kinds(who, rule, side) and not is_dead_end(name, rule, method, answer)
            if "/0/" not in found[name] and not is_right:
                wrong[f"{method} {name}"] = f"{answer.status_code} {kind}"
            # Read to its end, a file is closed; its content is searched like a page.
            text = (answer.getvalue() if answer.streaming else answer.content).decode(errors="replace")
            if who not in {*Role, PARTICIPANT} and kind == "open" and name not in OF_RECIPIENT:
                words = [word for word in PRIVATE if word in text]
                administers = rule.administrators_too or getattr(rule, side) in {ADMINISTRATORS, SUPERUSERS}
                if words and not (who in {SUPERUSER, IN_THE_GROUP} and administers):
                    told[f"{method} {name}"] = words
    assert wrong == {}
    assert told == {}
    return kinds


def assert_counted(kinds, found):
    """Assert that the limit of requests counts the addresses open to all.

    :param kinds: of the answers to a person who has not signed in.
    """
    # Monitors, the self-test and log-in, as `rate_limit.NOT_COUNTED` says why.
    of_readers = {
        name: at for name, at in found.items() if not at.startswith(("/admin/", "/accounts/", "/health/", "/canary/"))
    }
    asked = {name: "asked to sign in" in kinds[name] for name in of_readers}
    counted = {name: middleware.find_reader(address) is not None for name, address in of_readers.items()}
    assert {name for name in asked if asked[name] is counted[name]} == set()
    assert len([name for name in asked if asked[name]]) > 80
    assert len([name for name in asked if counted[name]]) > 20
