"""Texts about handling receipts: terms, the status of recipients, and reported disclosures."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.models import PreReleaseAccess, Release
from releases.receipts import DueRequests, Recipient, asks_recipients, confirmation_due_at, confirmation_of
from releases.rules import calendar
from releases.rules.pre_release import is_longer
from releases.rules.receipts import Answer, Disclosure, ReceiptStatus, Term, terms_for
from releases.text.pre_release import ORDERS, write_period

DO_NOT_SEND = lazy("Terms not confirmed: do not send")
# The text and colour of a recipient's tag on the producer's page.
RECEIPT_STATUSES = {
    ReceiptStatus.NO_ADDRESS: (DO_NOT_SEND, "red"),
    ReceiptStatus.NOT_ASKED: (DO_NOT_SEND, "red"),
    ReceiptStatus.NOT_CONFIRMED: (DO_NOT_SEND, "red"),
    ReceiptStatus.CONFIRMED: (lazy("Terms confirmed"), "green"),
    ReceiptStatus.CONFIRMED_BY_PHONE: (lazy("Terms confirmed by phone"), "green"),
    ReceiptStatus.ACKNOWLEDGED: (lazy("Receipt confirmed"), "green"),
    ReceiptStatus.NOT_NEEDED: (lazy("No longer needs access: do not send"), "red"),
}
DISCLOSURES = {
    Disclosure.SENT: lazy("I, or someone else, sent the statistics to a person who is not on the list"),
    Disclosure.SEEN: lazy("A person who is not on the list may have seen or heard the statistics"),
    Disclosure.LOST: lazy("A document or device was lost, stolen or left unattended"),
    Disclosure.PUBLIC: lazy("The statistics may have been published or mentioned in public"),
    Disclosure.OTHER: lazy("Something else"),
}
ANSWERS = {
    Answer.CONFIRMED: lazy("Confirmed the terms at %(moment)s."),
    Answer.ACKNOWLEDGED: lazy("Confirmed receipt at %(moment)s."),
    Answer.NOT_NEEDED: lazy(
        "No longer needs access, answered at %(moment)s. We send this person no more emails for this release date."
    ),
    Answer.SILENT: lazy("There was no answer by %(moment)s."),
}


def list_access_terms(entry: PreReleaseAccess) -> list[str]:
    """Return the terms that a recipient has to confirm. The release must have an exact date."""
    return [_describe_term(term, entry) for term in terms_for(entry.release.series.order_nation)]


def _describe_term(term: Term, entry: PreReleaseAccess) -> str:
    if term is Term.PERIOD:
        return _describe_period(entry)
    if term is Term.NO_SHARING:
        return _(
            "Do not share the statistics, or anything that shows what they say, with anyone. Only the Head of "
            "Profession for Statistics can allow it, before you share them."
        )
    if term is Term.NO_INDICATION:
        return _("Do not say in public what the statistics show, for example that a figure has gone up or down.")
    report = _("If the statistics may have been disclosed, report it immediately, even if it was an accident.")
    if term is Term.REPORT_BY_LAW:
        return f"{report} {_('This is a legal requirement in Scotland.')}"
    return report


def _describe_period(entry: PreReleaseAccess) -> str:
    release, begins_at = entry.release, entry.begins_at
    assert begins_at is not None and release.due_at is not None  # noqa: S101, PT018  # there are no links without
    sentence = _("Your access begins at %(begins)s. It ends when the statistics are published, at %(due)s.") % {
        "begins": calendar.format_moment(begins_at),
        "due": calendar.format_moment(release.due_at),
    }
    terms = release.series.pre_release_terms()
    limit = terms.order.limit if terms.order else None
    if limit is None or is_longer(entry.period, limit, due_at=release.due_at, nation=terms.nation):
        return sentence
    law = _("%(order)s allows access for up to %(limit)s.") % {
        "order": ORDERS[terms.nation],
        "limit": write_period(limit),
    }
    return f"{sentence} {law}"


def recipient_sentences(recipient: Recipient) -> list[str]:
    """Return sentences about the requests to a recipient, and about the recipient's answers.

    If we have not asked the recipient yet, a sentence says when we will ask, or that we need an email address.
    Disclosures are left out.
    """
    answered = [
        str(words) % {"moment": calendar.format_moment(recipient.answered[answer])}
        for answer, words in ANSWERS.items()
        if answer in recipient.answered
    ]
    if recipient.by_phone:
        sentence = _("%(person)s recorded at %(moment)s that the terms were confirmed by phone.")
        call = recipient.by_phone
        answered.append(sentence % {"person": call.recorded_by, "moment": calendar.format_moment(call.recorded_at)})
    if recipient.status is ReceiptStatus.NO_ADDRESS and not answered:
        return [_("Add an email address, so that we can ask this person to confirm the terms.")]
    asked = []
    if recipient.asked_at:
        asked = [_("Asked at %(moment)s.") % {"moment": calendar.format_moment(recipient.asked_at)}]
    elif recipient.status is ReceiptStatus.NOT_ASKED and recipient.window:
        asked = [_("We send the link at %(moment)s.") % {"moment": calendar.format_moment(recipient.window.asked_at)}]
    if recipient.is_unsent:
        asked.append(_("Email not sent yet."))
    return [*asked, *answered]


def emails_on_request(due: DueRequests) -> str:
    """Say how many emails we send to recipients immediately if requests are turned on."""
    if not due.emails:
        return _("If you ask recipients now, we send no emails yet.")
    sentence = ngettext(
        "If you ask recipients now, we send %(n)d email immediately.",
        "If you ask recipients now, we send %(n)d emails immediately, one for each person and release.",
        due.emails,
    )
    return " ".join(filter(None, (sentence % {"n": due.emails}, _emails_after_begin(due))))


def emails_due_now(due: DueRequests) -> str:
    """Say how many emails we send to recipients now that requests have been turned on."""
    if not due.emails:
        return _("No emails to recipients are due now.")
    sentence = ngettext(
        "We are sending %(n)d email to a recipient now.", "We are sending %(n)d emails to recipients now.", due.emails
    )
    return " ".join(filter(None, (sentence % {"n": due.emails}, _emails_after_begin(due))))


def _emails_after_begin(due: DueRequests) -> str:
    if not due.begun:
        return ""
    return _("Emails to people whose access has already begun: %(n)d.") % {"n": due.begun}


def list_confirmation_sentence(release: Release, *, now: datetime) -> str:
    """Say who confirmed the access list and when, or that no one has confirmed it yet.

    Return an empty string if recipients are not asked, or if the release has no exact date.
    """
    due_at = confirmation_due_at(release)
    if due_at is None or not asks_recipients(release):
        return ""
    if (confirmed := confirmation_of(release)) is not None:
        return _("%(person)s confirmed at %(moment)s that the list is right.") % {
            "person": confirmed.confirmed_by,
            "moment": calendar.format_moment(confirmed.confirmed_at),
        }
    if now >= due_at:
        return _("No one has confirmed that the list is right. Check and confirm it now.")
    return _("No one has confirmed that the list is right. You can confirm the list from %(moment)s.") % {
        "moment": calendar.format_moment(due_at)
    }
