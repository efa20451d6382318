"""How many queries the main pages make for a fixed office. Fewer are welcome; more are not."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.pins.conftest import GOLDEN, Pinned
from tests.pins.office import NOW
from tests.support.people import Office

NAME = "queries.json"
PUBLIC = ("/", "/calendar/2020/10/", "/releases/moved/", "/producers/office/calendar.ics", "/api/v1/releases")
FOR_THE_HEAD = (
    "/desk/",
    "/reports/",
    "/reports/register/",
    "/reports/register/figures/",
    "/reports/breach-draft-report/",
    "/reports/breach-draft-report/check/",
    "/reports/breach-with-hop-report/",
    "/reports/breach-with-hop-report/approve/",
    "/reports/breach-approved-report/",
    "/releases/published/",
    "/releases/draft-report/",
    "/your-releases/",
    "/planner/2020/",
    "/changes/",
    "/messages/",
    "/audit/",
    "/admin/releases/release/",
)


@pytest.mark.django_db
def test_the_number_of_queries_of_the_main_pages(
    office: Office, client: Client, time_machine, pinned: Pinned, pytestconfig
):
    time_machine.move_to(NOW, tick=False)
    counted = {f"{address} (public)": queries(client, address) for address in PUBLIC}
    office.head.is_staff = True
    office.head.save()
    client.force_login(office.head)
    counted |= {address: queries(client, address) for address in FOR_THE_HEAD}
    known = json.loads((GOLDEN / NAME).read_text()) if (GOLDEN / NAME).exists() else {}
    improved = counted.keys() == known.keys() and all(counted[address] <= known[address] for address in counted)
    pinned(NAME, counted if not improved or pytestconfig.option.write_pins else known)


def queries(client: Client, address: str) -> int:
    """Count the queries of a page that was read before: what a process asks once is no matter of the page."""
    assert client.get(address).status_code == 200, address
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)
