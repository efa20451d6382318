"""In a browser: away to the office's own provider and back, under the policy that our pages are given with."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from statsoffice.env import OfficeProvider
from tests.browser.barriers import is_clean
from tests.browser.patience import PATIENCE
from tests.servers.openid_provider import CLIENT_ID, CLIENT_SECRET
from tests.servers.private_openid_provider import openid_provider, tell
from tests.support.factories import UserFactory

ADDRESS = "jo.lane@example.gov.uk"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_person_goes_to_the_provider_by_the_button_and_comes_back_signed_in(
    live_server, new_context, settings, tmp_path, scripts
):
    UserFactory(email=ADDRESS, name="Jo Lane")
    with openid_provider(tmp_path / "log") as provider:
        office = OfficeProvider(provider, CLIENT_ID, CLIENT_SECRET, name="your office account")
        settings.ADDRESS, settings.OFFICE_PROVIDER = live_server.url, office
        back = live_server.url + reverse("openid_connect_callback")
        stranger = {"sub": "x", "email": "stranger@example.gov.uk", "email_verified": True}
        page = new_context(java_script_enabled=scripts).new_page()
        asked = seen(page, "/authorize?")
        for claims in (stranger, {"sub": "jo-1", "email": ADDRESS, "email_verified": True}):
            tell(provider, claims=claims, comes_back_to=back)
            page.goto(f"{live_server.url}/accounts/login/?next=/reports/")
            page.get_by_role("button", name="Sign in with your office account").click()
            if claims is stranger:
                page.get_by_role("heading", name="We could not sign you in").wait_for(timeout=PATIENCE)
                if scripts:  # which axe is one of
                    is_clean(page)
        page.wait_for_url("**/reports/", timeout=PATIENCE)
        page.goto(live_server.url + reverse("your_account"))
        assert ADDRESS in page.inner_text("main")
        assert len(asked) == 2
        assert {urlsplit(each).hostname for each in asked} == {urlsplit(provider).hostname}
        assert not any(each.startswith(provider) for each in asked)


def test_the_page_that_leads_there_has_no_barriers_and_leads_by_its_link_as_well(
    live_server, new_context, settings, tmp_path
):
    with openid_provider(tmp_path / "log") as provider:
        settings.ADDRESS = live_server.url
        settings.OFFICE_PROVIDER = OfficeProvider(provider, CLIENT_ID, CLIENT_SECRET, name="your office account")
        page = new_context().new_page()
        tell(provider, away="door")
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_role("button", name="Sign in with your office account").click()
        page.get_by_role("heading", name="Going to your office account").wait_for(timeout=PATIENCE)
        is_clean(page)
        back = live_server.url + reverse("openid_connect_callback")
        tell(provider, claims={"sub": "x", "email": ADDRESS, "email_verified": True}, comes_back_to=back)
        page.get_by_role("link", name="Continue to your office account").click()
        page.get_by_role("heading", name="We could not sign you in").wait_for(timeout=PATIENCE)


def seen(page, part):
    """Keep the addresses that a page asks for, of those that hold something."""
    addresses = []
    page.on("request", lambda request: addresses.append(request.url) if part in request.url else None)
    return addresses
