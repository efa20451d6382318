"""The command anchor, by which an administrator tests that anchors leave the office."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from releases.models import Anchor, TimeStamp
from statsoffice import anchors
from tests.servers.ports import free_port
from tests.servers.time_stamp_authority import time_stamp_authority
from tests.support.factories import ReleaseFactory
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

AUDITOR = "auditor@example.gov.uk"


@shared_fixture
def release():
    return ReleaseFactory()


@pytest.fixture
def authority(settings, tmp_path_factory):
    with time_stamp_authority(tmp_path_factory.mktemp("authority")) as running:
        settings.TIMESTAMP_AUTHORITY, settings.TIMESTAMP_CERTIFICATES = running.address, running.certificates
        yield running


def run():
    """Run the command, and return its output, and the sentence of its failure."""
    out = StringIO()
    try:
        call_command("anchor", stdout=out)
    except CommandError as failure:
        return out.getvalue(), str(failure)
    return out.getvalue(), None


def test_the_anchor_is_made_stamped_and_sent(release, authority, settings, mailoutbox):
    settings.ANCHOR_RECIPIENTS = [AUDITOR]
    anchors.make_due(now=timezone.now())
    out, failure = run()
    anchor, stamp = Anchor.objects.get(position=2), TimeStamp.objects.get(anchor__position=2)
    assert failure is None
    assert f"We made anchor 2. Its root is {anchor.root}." in out
    assert f"{authority.address} confirmed it at" in out
    assert f"We sent it to {AUDITOR}." in out
    assert anchor.why == "daily"
    (mail,) = [mail for mail in mailoutbox if "anchor 2" in mail.subject]
    assert mail.to == [AUDITOR]
    assert f"({stamp.authority}) confirmed the root in these lines" in mail.body


def test_without_settings_it_says_which_are_missing(release, mailoutbox):
    out, failure = run()
    assert failure is None
    assert out.splitlines()[1:] == [
        "No time-stamp authority is set (STATSOFFICE_TIMESTAMP_AUTHORITY).",
        "No recipient is set (STATSOFFICE_ANCHOR_RECIPIENTS).",
    ]
    assert mailoutbox == []


def test_an_authority_that_does_not_confirm_is_a_failure(release, authority, settings, mailoutbox):
    settings.ANCHOR_RECIPIENTS = [AUDITOR]
    authority.answer = (503, "text/plain", b"later")
    assert run()[1] == (
        f"{authority.address} did not confirm the anchor: The authority answered with status 503. The worker sends the "
        "email when the anchor has its time stamp, or after 10 minutes."
    )
    assert mailoutbox == []


def test_an_email_that_is_not_sent_is_a_failure(release, settings):
    settings.ANCHOR_RECIPIENTS = [AUDITOR]
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "port": free_port()}}}
    assert run()[1].startswith(f"We did not send it to {AUDITOR}: ")


def test_an_empty_record_has_no_anchor():
    assert run()[1].startswith("We made no anchor: the record is empty")
