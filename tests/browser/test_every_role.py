"""Every page as every role: its outline each time, and a browser wherever a role meets what no one met before."""

import pytest
from django.conf import settings
from django.test import Client

from releases.rules.lifecycle import Role
from tests.browser.barriers import walk
from tests.browser.office import PUBLIC
from tests.browser.shape import faulty_ids, headings_out_of_order, shape_of
from tests.support.factories import UserFactory

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True)]

# The browser opens every page as the first of them, and every public page as no one: test_every_page.py.
SEEN_ALREADY = (Role.HEAD_OF_PROFESSION, "nobody")


def clients_of(office):
    """Someone of each role, an administrator and a member of no office, signed in; and no one."""
    people = {
        **office.people,
        "administrator": UserFactory(is_staff=True, is_superuser=True),
        "stranger": UserFactory(),
    }
    clients = {"nobody": Client()}
    for who, person in people.items():
        clients[who] = Client()
        clients[who].force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return {**{who: clients[who] for who in SEEN_ALREADY}, **clients}, people


def test_every_page_as_every_role_has_an_outline_and_no_barriers(page, live_server, morning, sign_in, subtests):
    clients, people = clients_of(morning.office)
    seen, met = {}, {}
    for name, address in morning.pages.items():
        for who, client in clients.items():
            answer = client.get(address)
            if answer.status_code != 200:
                continue
            html = answer.content.decode()
            with subtests.test(f"{name} as {who}"):
                assert headings_out_of_order(html) == []
                assert faulty_ids(html) == []
            shape = shape_of(html)
            if who not in SEEN_ALREADY and not any(shape <= other for other in seen.get(name, [])):
                met.setdefault(who, {})[name] = address
            seen.setdefault(name, []).append(shape)
    # The link of an invitation leads on to its page, which tests/browser/test_every_page.py checks.
    assert {name for name in seen if name in PUBLIC} == set(PUBLIC) - {"accepting an invitation"}
    assert met
    for who, addresses in met.items():
        sign_in(people[who])
        walk(page, live_server, addresses, subtests)
