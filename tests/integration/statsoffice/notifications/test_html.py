"""The HTML part of a mail, as a mail server took it: the same words, accessible, and nothing that is fetched."""

from datetime import UTC, datetime

import pytest

from breaches.rules.lifecycle import ReportStatus
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from tests.support.mail_server import parts_of
from tests.support.people import AT, REGULATOR, create_office, create_report

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 30, 8, 33, tzinfo=UTC)
LINK = "http://127.0.0.1:8000/reports/breach-schools-march-2020/"
MARKUP = '<script>alert(1)</script> <img src="http://evil.example/x.png"> & <b>bold</b>'


@pytest.fixture
def mailed(mailbox):
    """Send a message to the mail server, and return its two parts."""

    def send(text, subject="Suspected breach: schools"):
        Message.objects.create(
            event=f"event-{Message.objects.count()}",
            recipient="person@example.gov.uk",
            subject=subject,
            text=text,
            created_at=NOW,
            due_at=NOW,
        )
        deliver_messages(now=NOW)
        return parts_of(mailbox.mails[-1])

    return send


def test_a_mail_has_a_text_and_after_it_an_html_part(mailed, mailbox):
    mailed("See the record.\n")
    (mail,) = mailbox.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_both_parts_say_the_same_words(mailed):
    text = f"A release was not seen.\n\nWhat was found:\n- the page – not there\n- the file\nSee here:\n\n{LINK}\n"
    plain, page = mailed(text, subject="Pre-flight: 2 problems")
    assert plain == text
    body = page.body.text(separator=" ")
    assert body.split() == f"Statistics office Pre-flight: 2 problems {text.replace('- ', '')}".split()
    assert [item.text(strip=True) for item in page.css("ul > li")] == ["the page – not there", "the file"]
    assert len(page.css("p")) == 4


def test_it_has_a_language_a_title_and_one_heading(mailed):
    _, page = mailed("See the record.\n")
    assert page.css_first("html").attributes["lang"] == "en-gb"
    assert page.css_first("title").text() == "Suspected breach: schools"
    assert [heading.text(strip=True) for heading in page.css("h1, h2, h3")] == ["Suspected breach: schools"]


def test_nothing_is_fetched_from_anywhere(mailed):
    _, page = mailed(f"{MARKUP}\n\n{LINK}\n", subject=f"About {MARKUP}")
    assert page.css("img, script, link, iframe, object, svg, style, form, video") == []
    assert "url(" not in page.html
    assert [node.attributes for node in page.css("[src], [background], [onload], [srcset]")] == []


def test_what_people_typed_is_shown_and_never_taken_for_markup(mailed):
    plain, page = mailed(f"{MARKUP}\n", subject=f"About {MARKUP}")
    assert plain == f"{MARKUP}\n"
    assert page.css_first("p").text(strip=True) == MARKUP
    assert page.css_first("h1").text(strip=True) == f"About {MARKUP}"
    assert page.css("b") == []


@pytest.mark.parametrize(
    ("text", "links"),
    [
        pytest.param(LINK, [LINK], id="our own"),
        pytest.param(f"The desk: {LINK}", [LINK], id="our own within a line"),
        pytest.param("http://127.0.0.1:8000", ["http://127.0.0.1:8000"], id="our first page"),
        pytest.param("https://elsewhere.example/reports/", [], id="another's"),
        pytest.param("http://127.0.0.1:8000.evil.example/reports/", [], id="another's that begins as ours"),
        pytest.param("http://127.0.0.1:80001/reports/", [], id="another port"),
        pytest.param("javascript:alert(1)", [], id="a script"),
    ],
)
def test_only_addresses_of_this_service_are_links(mailed, text, links):
    _, page = mailed(f"{text}\n")
    assert [link.attributes["href"] for link in page.css("a")] == links
    assert [link.text() for link in page.css("a")] == links


def test_a_report_that_is_sent_has_both_parts_next_to_its_document(mailbox):
    create_report(create_office(), ReportStatus.SENT)
    later = AT.replace(hour=13)
    outbox.create_missing(now=later)
    deliver_messages(now=later)
    (mail,) = [one for one in mailbox.mails if one["To"] == REGULATOR]
    assert mail.get_content_type() == "multipart/mixed"
    plain, page = parts_of(mail)
    assert "Attached is report" in plain
    assert "Attached is report" in page.body.text()
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/pdf"]
