"""A record that was written anew from its first row to its last, so that the database alone shows nothing."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from breaches.rules.lifecycle import ReportStatus
from releases.evidence.anchors import anchor_text
from releases.models import Anchor, ChainHead, TimeStamp, TimeStampRequest
from statsoffice import anchors
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from tests.integration.tampering.changes import change
from tests.integration.tampering.verifying import apply, rewrite_all_chains, verify
from tests.servers.time_stamp_authority import Authority, time_stamp_authority
from tests.support.people import Office, create_office, create_report, move_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

SUBMITTED_EARLIER = change(
    "a report submitted earlier",
    "breaches.event",
    "UPDATE breaches_reportevent SET at = '2020-06-30 08:30:00+00' WHERE kind = 'submitted'",
)


@shared_fixture
def office() -> Office:
    office = create_office()
    move_report(create_report(office), office, ReportStatus.APPROVED)
    return office


@pytest.fixture
def authority(tmp_path_factory, settings):
    settings.ANCHOR_RECIPIENTS = ["auditor@example.org"]
    with time_stamp_authority(tmp_path_factory.mktemp("authority")) as running:
        settings.TIMESTAMP_AUTHORITY = running.address
        settings.TIMESTAMP_CERTIFICATES = running.certificates
        yield running


@pytest.fixture
def email(office, authority, mailoutbox, tmp_path):
    """The email with the anchor of today, as the person outside saved it."""
    now = timezone.now()
    anchors.make_due(now=now)
    anchors.stamp_anchors(now=now)
    outbox.create_missing(now=now)
    deliver_messages(now=now)
    (mail,) = [mail for mail in mailoutbox if mail.to == ["auditor@example.org"]]
    (tmp_path / "anchor.eml").write_bytes(mail.message().as_bytes())
    return tmp_path / "anchor.eml"


def forget_time_stamps() -> None:
    """Delete every time stamp and its chain, as a forger would who cannot have them made anew."""
    apply(change("", "", "DELETE FROM releases_timestamp"))
    ChainHead.objects.filter(chain=TimeStamp.CHAIN).delete()
    for anchor in Anchor.objects.all():
        assert TimeStamp.CHAIN not in anchor.heads  # else the forger would rewrite them too


def test_a_record_that_is_as_it_was_fits_the_email(email):
    assert verify(email) == ("", False)


def test_a_change_with_all_hashes_computed_again_does_not_fit_the_time_stamp(email):
    apply(SUBMITTED_EARLIER)
    rewrite_all_chains()
    assert verify() == (
        (
            "releases.time_stamp: the verification of the time stamp of anchor 1 failed: The response of the authority "
            "is not a valid time stamp of this root: Mismatch between messages\n"
        ),
        True,
    )


def test_without_the_time_stamp_the_database_shows_nothing_and_the_email_shows_it(email):
    apply(SUBMITTED_EARLIER)
    forget_time_stamps()
    rewrite_all_chains()
    assert verify() == ("", False)  # the forger succeeded inside the office
    found, failed = verify(email)
    assert failed
    assert "anchor 1 does not match the record: row" in found
    assert str(email) in found


def test_a_time_stamp_that_was_made_again_is_of_today(email, authority: Authority):
    """The forger can have the new root stamped, but not at the time of the old one."""
    apply(SUBMITTED_EARLIER)
    forget_time_stamps()
    apply(change("", "", "UPDATE releases_anchor SET made_at = '2026-01-01 10:00:00+00'"))
    rewrite_all_chains()
    anchor = Anchor.objects.get()
    TimeStampRequest.objects.create(anchor=anchor, due_at=anchor.made_at)
    anchors.stamp_anchors(now=anchor.made_at)
    found, failed = verify()
    assert failed
    assert "the recorded time of the anchor is 10am on 1 January 2026, but it was stamped at" in found


def test_the_manifest_of_a_backup_shows_it_too(email, tmp_path):
    anchor = anchor_text(Anchor.objects.get())
    (tmp_path / "backup.json").write_text(json.dumps({"anchor": anchor}, indent=1))
    assert verify(tmp_path / "backup.json") == ("", False)
    apply(SUBMITTED_EARLIER)
    forget_time_stamps()
    rewrite_all_chains()
    found, failed = verify(tmp_path / "backup.json")
    assert (failed, "anchor 1 does not match the record: row" in found) == (True, True)


def test_an_anchor_that_was_deleted_with_its_chain_is_missed(email):
    apply(change("", "", "DELETE FROM releases_timestamp", "DELETE FROM releases_anchor"))
    ChainHead.objects.filter(chain__in=[Anchor.CHAIN, TimeStamp.CHAIN]).delete()
    found, failed = verify(email)
    assert (failed, "the database does not have this anchor" in found) == (True, True)


def test_an_email_that_was_changed_is_told_from_a_record_that_was(email):
    anchor = Anchor.objects.get()
    head = anchor.heads["breaches.event"][1]
    email.write_text("\n".join(anchor_text(anchor)).replace(head, head[::-1]))
    with pytest.raises(CommandError) as failure:
        call_command("verify_evidence", anchor=[email], stdout=StringIO())
    assert failure.value.returncode == 2
    assert str(failure.value) == (
        f"{email}: The lines of anchor 1 in this file do not match each other. The file was changed, or lines are "
        "missing. Get the original email."
    )


def test_the_email_itself_and_as_an_attachment_of_another_one_has_one_anchor(email, tmp_path):
    saved = message_from_bytes(email.read_bytes(), policy=policy.default)
    assert {part.get_content_type() for part in saved.walk()} >= {"text/plain", "text/html"}
    forwarded = EmailMessage()
    forwarded.set_content("See the attachment.")
    forwarded.add_attachment(saved)
    (tmp_path / "forwarded.eml").write_bytes(forwarded.as_bytes())
    out = StringIO()
    call_command("verify_evidence", anchor=[email, tmp_path / "forwarded.eml"], stdout=out, stderr=StringIO())
    assert f"{email}: 1 anchor, matches" in out.getvalue()
    assert f"{tmp_path}/forwarded.eml: 1 anchor, matches" in out.getvalue()
    assert out.getvalue().splitlines()[-1].endswith(" It matches 2 anchors from outside the office.")
