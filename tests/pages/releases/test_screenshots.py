"""Screenshots on the page of a release: for whom, how they are described, and who turns them on."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from releases import judge
from releases.models import Release, ReleaseEvent
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, UserFactory, create_member, rolled_back
from tests.support.screenshots import FULL, NOTHING, SMALL, add_screenshot
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db
EDITORS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.CALENDAR_MANAGER}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@pytest.fixture(autouse=True)
def after_due(time_machine):
    time_machine.move_to(SEED_DUE + timedelta(minutes=30), tick=False)


@shared_fixture
def release():
    release = ReleaseFactory(announced=True)
    Release.objects.filter(pk=release.pk).update(screenshots=True)
    return Release.objects.get(pk=release.pk)


def page(name, release, *more):
    return reverse(f"releases:{name}", args=[release.reference, *more])


def signed_in(release, who):
    client = Client()
    if who == "a stranger":
        person = UserFactory()
    elif who == "of another producer":
        person = create_member(Role.HEAD_OF_PROFESSION, SeriesFactory().producer)
    else:
        person = create_member(who, release.series.producer)
    client.force_login(person)
    return client


def test_a_picture_is_shown_small_with_its_times_and_a_text_and_opens_at_full_size(release):
    shot = add_screenshot(release)
    client = signed_in(release, Role.STATISTICIAN)
    text = " ".join(client.get(page("release", release)).text.split())
    assert f'src="{page("small_screenshot", release, shot.pk)}"' in text
    assert f'href="{page("screenshot", release, shot.pk)}"' in text
    assert 'alt="Screenshot of the web page at 9:30:03am. Open at full size."' in text
    assert "9:30:01am" in text
    for name, content in (("screenshot", FULL), ("small_screenshot", SMALL)):
        response = client.get(page(name, release, shot.pk))
        assert (response.content, response["Content-Type"]) == (content, "image/png")
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, no-store"
    assert [event.facts["how"] for event in ReleaseEvent.objects.filter(kind="body_read")] == ["screenshot"]


def test_everyone_of_the_producer_sees_them_and_no_one_else(release, subtests):
    shot = add_screenshot(release)
    for who in (*Role, "a stranger", "of another producer"):
        with subtests.test(str(who)), rolled_back():
            client = signed_in(release, who)
            expected = 200 if isinstance(who, Role) else 404
            for name in ("screenshot", "small_screenshot"):
                assert client.get(page(name, release, shot.pk)).status_code == expected
    assert "Screenshots" not in Client().get(page("release", release)).text
    assert Client().get(page("screenshot", release, shot.pk)).status_code == 302


def test_a_picture_of_another_release_is_not_found(release):
    shot = add_screenshot(release)
    other = ReleaseFactory(announced=True, reference="other", series=release.series)
    assert signed_in(release, Role.HEAD_OF_PROFESSION).get(page("screenshot", other, shot.pk)).status_code == 404


def test_a_sealed_picture_is_only_for_leads_and_is_not_shown_on_the_page(release, subtests):
    """Its release was moved to a later date since."""
    shot = add_screenshot(release)
    Release.objects.filter(pk=release.pk).update(due_at=SEED_DUE + timedelta(days=7), schedule_version=2)
    for who in Role:
        with subtests.test(str(who)), rolled_back():
            client = signed_in(release, who)
            text = client.get(page("release", release)).text
            assert page("small_screenshot", release, shot.pk) not in text
            assert (page("screenshot", release, shot.pk) in text) is (who in LEADS)
            assert sha256_hex(FULL) not in text or who in LEADS
            assert client.get(page("screenshot", release, shot.pk)).status_code == (200 if who in LEADS else 404)


def test_of_a_release_that_was_found_early_not_even_the_reason_is_shown(release, subtests):
    store_checks(make_check(release.addresses.get(), "live", b"early", at=-600))
    add_screenshot(release, reason="early", **NOTHING)
    judge.judge_one(release, now=SEED_DUE - timedelta(minutes=5))
    for who in Role:
        with subtests.test(str(who)), rolled_back():
            text = signed_in(release, who).get(page("release", release)).text
            assert ("so we took no screenshot" in text) is (who in LEADS)


def test_a_check_that_may_have_been_early_is_not_called_early(release):
    """The check was sent just before the release time and was answered after it, so the release is on time."""
    page_of_release = release.addresses.get()
    store_checks(make_check(page_of_release, "not_live", b"soon", at=-60))
    store_checks(
        make_check(page_of_release, "live", b"out", at=-0.2), make_check(page_of_release, "live", b"out", at=1)
    )
    assert judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5)).outcome == "on_time"
    add_screenshot(release, reason="early", **NOTHING)
    text = signed_in(release, Role.STATISTICIAN).get(page("release", release)).text
    assert "A check may have found the page live before the release time, so we took no screenshot." in text
    assert "The page was live before the release time" not in text


def test_a_missing_picture_says_why_and_what_we_cannot_see(release, subtests):
    client = signed_in(release, Role.STATISTICIAN)
    assert "No screenshots yet." in client.get(page("release", release)).text
    add_screenshot(release, reason="no_browser", **NOTHING)
    add_screenshot(release, "limit", reason="dns", **NOTHING)
    add_screenshot(release, "first_live", reason="unchecked", **NOTHING)
    text = client.get(page("release", release)).text
    assert "No browser is installed, so we cannot take screenshots." in text
    assert "We could not load the page." in text
    assert "No check of the page was stored in time, so we saved no screenshot." in text
    Release.objects.filter(pk=release.pk).update(screenshots=False)
    assert "Our checks record the text of the page, and not how it looks." in client.get(page("release", release)).text


def test_those_who_edit_a_release_turn_screenshots_on_and_off_and_each_change_is_on_record(release, subtests):
    Release.objects.filter(pk=release.pk).update(screenshots=False)
    for who in (*Role, "a stranger"):
        with subtests.test(str(who)), rolled_back():
            client = signed_in(release, who)
            text = client.get(page("release", release)).text
            assert (f'action="{page("screenshots", release)}"' in text) is (who in EDITORS)
            response = client.post(page("screenshots", release), {"wanted": "yes"})
            assert response.status_code == (302 if who in EDITORS else 404)
            assert Release.objects.get(pk=release.pk).screenshots is (who in EDITORS)
            if who in EDITORS:
                client.post(page("screenshots", release), {"wanted": "yes"})
                client.post(page("screenshots", release), {"wanted": "no"})
                changes = [event.facts["changed"] for event in ReleaseEvent.objects.filter(kind="corrected")]
                assert changes == [{"screenshots": [False, True]}, {"screenshots": [True, False]}]


def test_a_series_that_takes_them_cannot_be_overruled_for_one_release(release):
    release.series.screenshots = True
    release.series.save()
    text = signed_in(release, Role.CALENDAR_MANAGER).get(page("release", release)).text
    assert "We take screenshots of every release of this series." in text
    assert f'action="{page("screenshots", release)}"' not in text


def test_the_checks_are_downloaded_as_a_warc_file_by_those_who_may_export_evidence(release):
    store_checks(make_check(release.addresses.get(), "not_live", b"<title>Soon</title>", at=-60))
    client = signed_in(release, Role.STATISTICIAN)
    response = client.post(page("export_evidence", release), {"format": "warc"})
    content = b"".join(response.streaming_content)
    assert content[:2] == b"\x1f\x8b"
    assert response["Content-Type"] == "application/warc"
    assert re.search(r'filename="evidence-[a-z0-9-]+\.warc\.gz"', response["Content-Disposition"])
    facts = ReleaseEvent.objects.get(kind="evidence_exported").facts
    assert (facts["sha256"], facts["format"]) == (sha256_hex(content), "warc")
    assert signed_in(release, Role.PUBLISHING_TEAM).post(page("export_evidence", release)).status_code == 404
