"""The emails about accounts, as a mail server took them: numbered steps, and the same words as text and as HTML."""

import re
from pathlib import Path

import allauth
import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.rules.lifecycle import Role
from statsoffice.accounts import invitations
from statsoffice.accounts.adapter import CHANGES
from statsoffice.accounts.emails import send_invitation
from statsoffice.accounts.models import User
from tests.support.admin_site import signed_in
from tests.support.factories import ProducerFactory, UserFactory, create_member
from tests.support.mail_server import parts_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_frozen")]

ANN = "<b>Ann</b> & Lee"
ADDRESS = "ann.lee@example.gov.uk"
PASSWORD = "correct horse battery"
NEW = "four wooden umbrellas"
SERVICE = "http://127.0.0.1:8000"


@pytest.fixture
def _frozen(time_machine):
    time_machine.move_to("2026-03-02 09:30:05+00:00", tick=False)


def invite(*, has_account=False):
    producer = ProducerFactory(name="Office for <i>Numbers</i>")
    by = create_member(Role.HEAD_OF_PROFESSION, producer, name="Helen <b>Ward</b>")
    if has_account:
        UserFactory(email=ADDRESS)
    role = Role.STATISTICIAN
    invited = invitations.invite(email=ADDRESS, name=ANN, producer=producer, role=role, by=by, at=timezone.now())
    send_invitation(invited[0], secret=invited[1])


def invite_with_account():
    invite(has_account=True)


def ask_for_a_new_password():
    UserFactory(email=ADDRESS, name=ANN)
    # A request can name any host that the proxy lets through.
    Client().post(reverse("account_reset_password"), {"email": ADDRESS}, headers={"host": "localhost"})


def change_password():
    client = Client(headers={"user-agent": "A <b>browser</b>"}, REMOTE_ADDR="203.0.113.7")
    client.force_login(UserFactory(email=ADDRESS, name=ANN))
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), form).status_code == 302


def change_address():
    client = signed_in(UserFactory(is_staff=True, is_superuser=True, name="An <b>administrator</b>"))
    person = UserFactory(email=ADDRESS, name=ANN)
    form = {"email": "elsewhere@example.gov.uk", "name": person.name, "is_active": "on"}
    assert client.post(reverse("admin:accounts_user_change", args=[person.pk]), form).status_code == 302


@pytest.mark.parametrize(
    ("send", "subject", "steps", "pages", "fact"),
    [
        (
            invite,
            "You are invited to join Statistics office",
            3,
            [r"/accounts/invited/\S+/"],
            "once, until 9:30am on 9 March 2026:",
        ),
        (
            invite_with_account,
            "You are invited to join Statistics office",
            2,
            [r"/accounts/invited/\S+/"],
            "Your role will be statistician of Office for <i>Numbers</i>.",
        ),
        (
            ask_for_a_new_password,
            "Choose a new password",
            3,
            [r"/accounts/password/reset/key/\S+/"],
            "once, until 9:30am on 5 March 2026:",
        ),
        (
            change_password,
            "Your password has been changed",
            3,
            ["/accounts/password/reset/", "/accounts/2fa/"],
            "at 9:30am on 2 March 2026 from the network address 203.0.113.7, with this browser: A <b>browser</b>",
        ),
        (
            change_address,
            "The email address of your account at Statistics office has changed",
            2,
            [],
            f"It was {ADDRESS} and is now elsewhere@example.gov.uk.",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_both_parts_have_the_same_words_links_and_numbered_steps(
    mailbox, django_capture_on_commit_callbacks, send, subject, steps, pages, fact
):
    with django_capture_on_commit_callbacks(execute=True):
        send()
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (ADDRESS, subject, "auto-generated")
    assert mail["Message-ID"].endswith("@example.gov.uk>")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, page = parts_of(mail)
    numbered = re.findall(r"^(\d+)\. (.+)$", text, flags=re.MULTILINE)
    assert [int(number) for number, _step in numbered] == list(range(1, steps + 1))
    assert [item.text().strip() for item in page.css("ol > li")] == [step for _number, step in numbered]
    unnumbered = re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)
    assert page.body.text(separator=" ").split() == f"Statistics office {subject} {unnumbered}".split()
    links = re.findall(r"https?://\S+", text)
    assert [link.attributes["href"] for link in page.css("a")] == links
    assert all(re.fullmatch(SERVICE + path, link) for path, link in zip(pages, links, strict=True))
    assert f"Dear {ANN}," in text
    assert fact in text
    assert page.css("b, i, img, script, style, link, [src]") == []


def test_every_change_that_allauth_notifies_of_has_its_words():
    templates = Path(allauth.__file__).parent / "templates"
    of_second_factors = {f"mfa/email/{path.name}" for path in (templates / "mfa/email").glob("*_subject.txt")}
    of_passwords = {
        f"account/email/{name}_subject.txt" for name in ("password_changed", "password_reset", "password_set")
    }
    assert {f"{name}_subject.txt" for name in CHANGES} == of_second_factors | of_passwords
    assert all((templates / name).is_file() for name in of_passwords)


@pytest.mark.usefixtures("smtp_port")
def test_without_a_mail_server_a_password_is_changed_and_the_log_says_that_no_one_was_notified(caplog):
    change_password()
    assert User.objects.get().check_password(NEW)
    assert "The email about a change to an account could not be sent" in caplog.text


@pytest.mark.usefixtures("smtp_port")
def test_without_a_mail_server_the_answer_does_not_show_who_has_an_account(caplog):
    UserFactory(email=ADDRESS)
    answers = [
        Client().post(reverse("account_reset_password"), {"email": address}, follow=True)
        for address in (ADDRESS, "nobody@example.gov.uk")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert caplog.text.count("The email with the link for a new password could not be sent") == 1


def test_a_link_for_a_new_password_goes_to_the_present_address_only(mailbox):
    """An address that an account had before can still find it."""
    person = UserFactory(email=ADDRESS)
    EmailAddress.objects.create(user=person, email="before@example.gov.uk", verified=True)
    Client().post(reverse("account_reset_password"), {"email": "before@example.gov.uk"})
    assert mailbox.recipients == [ADDRESS]
