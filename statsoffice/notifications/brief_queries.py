"""The query for notifications about minute briefs."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.models import Report
from breaches.register import first_day_sent
from releases import calls, minute_briefs
from releases.minute_briefs import BriefLine, ReadBrief
from releases.models import MinuteBrief
from releases.text import minute_brief as texts
from releases.verdict.minute_brief import AWAITED, BriefState
from statsoffice.deadlines import list_decision_steps
from statsoffice.notifications.notification import Notification, name_in_mail, one_line, write_text_message
from statsoffice.notifications.recipients import MINUTE_BRIEF, approver_addresses


def find_minute_briefs(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the minute briefs that have no message yet.

    The recipients are Heads of Profession, deputies and the people who cover for them. If a brief belongs to a
    training, only participants of the training are notified. If a release is not announced, the message names the
    release by its reference instead of its title.
    """
    made = MinuteBrief.objects.filter(made_at__gt=now - minute_briefs.LATEST).select_related("producer")
    rows = [row for row in made if _event_of(row) not in known]
    for row in rows:
        read = minute_briefs.read_brief(row)
        yield Notification(
            event=_event_of(row),
            recipients=_find_recipients(read),
            context={
                "producer": one_line(row.producer),
                "headline": texts.brief_headline(read),
                "short": texts.short_headline(read),
                "since": texts.since_sentence(read),
                "delay": texts.delay_sentence(read),
                "hosts": [texts.host_sentence(count) for count in read.brief.hosts],
                "not_live": [_name_and_statement(line) for line in read.in_state(BriefState.NOT_LIVE)],
                "incomplete": [_name_and_statement(line) for line in read.in_state(BriefState.INCOMPLETE)],
                "live_now": [_name_and_statement(line) for line in read.live_now],
                "live": [name_in_mail(line.release) for line in read.live],
                "not_known": [name_in_mail(line.release) for line in read.not_known],
                "calls": list(_list_calls(read.not_live)),
                "steps": list(list_decision_steps(row.producer, _find_reports(read), rehearsal=row.rehearsal, now=now)),
                "address": reverse("minute_brief", args=[row.pk]),
                "rehearsal": row.rehearsal,
            },
            of_producer=row.producer_id,
            rehearsal=row.rehearsal,
            of_training=row.training_id,
            text_message=_write_text_message(read),
        )


def _event_of(row: MinuteBrief) -> str:
    """Return the event of the message about a brief.

    The event contains `limit_at`. If a release is not live at a later limit, `limit_at` is set to that limit. The event
    is then different, so another message is sent.
    """
    return f"{MINUTE_BRIEF}{row.pk}-{row.limit_at:%Y%m%d%H%M%S}"


def _find_recipients(read: ReadBrief) -> frozenset[str]:
    late = [line.release for line in read.in_state(*AWAITED, BriefState.LIVE_NOW)]
    if not read.row.rehearsal or read.row.training_id is not None:
        # All these releases have the same recipients: the producer's leads, or in a training the leads who take part.
        late = late[:1]
    return frozenset[str]().union(*map(approver_addresses, late))


def _name_and_statement(line: BriefLine) -> tuple[str, str]:
    """Return the name of a release and the publisher's own statement. The statement is "" if there is none."""
    return name_in_mail(line.release), one_line(texts.publisher_sentence(line))


def _find_reports(read: ReadBrief) -> list[Report]:
    """Return the drafts and reports about the releases of a brief. A brief never contains early releases."""
    about = Report.objects.listed().about(line.release for line in read.lines).annotate(sent_on=first_day_sent())
    return list(about.defer("machine").order_by("drafted_at", "pk"))


def _list_calls(lines: Iterable[BriefLine]) -> Iterator[str]:
    """Yield the name and number of the next contact to call about each release. Each contact is yielded only once."""
    seen = set()
    for found in calls.find_call_lists([line.release for line in lines]).values():
        contact = found.next
        if contact is not None and contact.pk not in seen:
            seen.add(contact.pk)
            yield f"{one_line(contact.name)}: {contact.telephone or _('no phone number')}"


def _write_text_message(read: ReadBrief) -> str:
    """Write the brief as a text message.

    If exactly one release was not live or not complete at the limit, and the release is announced, the message names
    the release. Otherwise the message names the producer.
    """
    link = f"{settings.ADDRESS}{reverse('minute_brief', args=[read.row.pk])}"
    head = texts.short_headline(read)
    if read.row.training_id is not None:
        head = _("Training: %(text)s") % {"text": head}
    elif read.row.rehearsal:
        head = _("Rehearsal: %(text)s") % {"text": head}
    named = read.in_state(*AWAITED, BriefState.LIVE_NOW)
    name = one_line(named[0].release.title) if len(named) == 1 and named[0].release.announced_at else ""
    return write_text_message(f"{head}. {name or one_line(read.row.producer)}", link)
