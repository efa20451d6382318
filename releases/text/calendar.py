"""Texts about date changes, announcements, concerns, the planner and events."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, ngettext_lazy

from releases.detection.govuk import AnnouncementState, Difference, DifferenceKind, Problem
from releases.models import Contact, DateChange, DateChangeRequest, Departure, ReleaseEvent
from releases.overview import Concern
from releases.planner import Day, Holiday, Month
from releases.readiness import ReleaseWarning, WarningKind
from releases.rules import calendar, date_change
from releases.rules.calendar import Gap, Nation, Pace
from releases.rules.date_change import Mark, RequestState
from releases.rules.departure import DepartureKind, Grounds
from releases.rules.lifecycle import Status, to_words
from releases.rules.public_calendar import PublicStatus
from releases.rules.rota import CALL_EVENTS, NO_ANSWER, NO_ANSWER_UNDONE
from releases.text.dates import write_day
from releases.text.release import name_outcome
from releases.verdict.address import Outcome

# The text and colour of a tag.
type Tag = tuple[Promise, str]

STATUSES: dict[PublicStatus, Tag] = {
    PublicStatus.PROVISIONAL: (lazy("Provisional"), "yellow"),
    PublicStatus.CONFIRMED: (lazy("Confirmed"), "blue"),
    PublicStatus.POSTPONED: (lazy("Postponed"), "orange"),
    PublicStatus.PUBLISHED: (lazy("Published"), "green"),
    PublicStatus.CANCELLED: (lazy("Cancelled"), "grey"),
}

MARKS = {
    Mark.AFTER_DUE: (lazy("Changed after the due time"), "red"),
    Mark.ON_THE_DAY: (lazy("On the day of release"), "orange"),
    Mark.ASKED_CLOSE_TO_RELEASE: (lazy("Requested within a day of release"), "yellow"),
}

REQUEST_STATES = {
    RequestState.WAITING: (lazy("Awaiting agreement"), "blue"),
    RequestState.AGREED: (lazy("Agreed"), "green"),
    RequestState.REFUSED: (lazy("Refused"), "red"),
    RequestState.WITHDRAWN: (lazy("Withdrawn"), "grey"),
    RequestState.LAPSED: (lazy("Lapsed"), "grey"),
}


def date_change_tags(change: DateChange) -> list[Tag]:
    found = date_change.date_change_marks(
        change.was, change.to, requested_at=change.requested_at, made_at=change.made_at
    )
    return [MARKS[mark] for mark in found]


def request_tags(request: DateChangeRequest) -> list[Tag]:
    close = date_change.is_requested_close(request.was, request.to, requested_at=request.requested_at)
    return [MARKS[Mark.ASKED_CLOSE_TO_RELEASE]] if close else []


def state_sentence(request: DateChangeRequest, state: RequestState) -> str:
    """Describe the result of a request. Return an empty string while the request is open."""
    said = {
        RequestState.AGREED: _("Agreed by %(person)s at %(moment)s."),
        RequestState.REFUSED: _("Refused by %(person)s at %(moment)s:"),
        RequestState.WITHDRAWN: _("Withdrawn by %(person)s at %(moment)s."),
        RequestState.LAPSED: _("We did not make this change, because the release changed after the request."),
    }.get(state, "")
    moment = calendar.format_moment(request.decided_at) if request.decided_at else ""
    return said % {"person": request.decided_by, "moment": moment}


ANNOUNCEMENT_STATES: dict[AnnouncementState, Promise] = {
    AnnouncementState.PROVISIONAL: lazy("Provisional"),
    AnnouncementState.CONFIRMED: lazy("Confirmed"),
    AnnouncementState.CANCELLED: lazy("Cancelled"),
}
PROBLEMS: dict[Problem, Promise] = {
    Problem.UNREACHABLE: lazy("We could not reach GOV.UK, or it had an error."),
    Problem.ASKED_TO_WAIT: lazy("GOV.UK is busy. We will try again later."),
    Problem.UNKNOWN_SHAPE: lazy("We cannot read this page."),
    Problem.NOT_FOUND: lazy("There is no page at this web address."),
    Problem.GONE: lazy("The announcement has been removed."),
    Problem.PUBLISHED: lazy("This web address redirects to published statistics. It is no longer an announcement."),
    Problem.LED_ELSEWHERE: lazy("This web address redirects to another website."),
    Problem.OTHER_KIND: lazy("The page at this web address is not an announcement of statistics."),
}


_SENTENCES: dict[DifferenceKind, Promise] = {
    DifferenceKind.DATE: lazy("The date on GOV.UK is %(theirs)s. The date in our calendar is %(ours)s."),
    DifferenceKind.TIME: lazy("The date on GOV.UK is %(theirs)s. The date in our calendar is %(ours)s."),
    DifferenceKind.PRECISION: lazy("The date on GOV.UK is %(theirs)s. The date in our calendar is %(ours)s."),
    DifferenceKind.STATE: lazy("The status on GOV.UK is %(theirs)s. The status in our calendar is %(ours)s."),
    DifferenceKind.TITLE: lazy("The title on GOV.UK is ‘%(theirs)s’. The title in our calendar is ‘%(ours)s’."),
    DifferenceKind.NOT_FOUND: lazy("There is no page at the web address of the announcement."),
    DifferenceKind.GONE: lazy("The announcement has been removed from GOV.UK."),
    DifferenceKind.PUBLISHED: lazy(
        "The announcement on GOV.UK redirects to published statistics. If they are the statistics of "
        "this release, it was published early."
    ),
    DifferenceKind.LED_ELSEWHERE: lazy("The announcement on GOV.UK redirects to another website."),
    DifferenceKind.OTHER_KIND: lazy(
        "The page at the web address of the announcement is not an announcement of statistics."
    ),
}


def difference_sentence(difference: Difference) -> str:
    return str(_SENTENCES[difference.kind]) % {"theirs": difference.theirs, "ours": difference.ours}


TITLES = {
    Concern.NO_ADDRESS: lazy("No web page to check, due in the next 2 weeks"),
    Concern.NO_CONTACT: lazy("No contact, due in the next 2 weeks"),
    Concern.NO_HEAD: lazy("No Head of Profession, due in the next 2 weeks"),
    Concern.PREFLIGHT_PROBLEMS: lazy("Problems found before release"),
    Concern.PAST_ITS_DATE: lazy("Provisional after the planned date"),
    Concern.NOT_CONFIRMED: lazy("Not confirmed, planned in the next 4 weeks"),
    Concern.NOT_ANNOUNCED: lazy("Not announced"),
    Concern.DUE_TOMORROW: lazy("Due tomorrow"),
}

COUNTED = {
    Concern.NO_ADDRESS: ngettext_lazy(
        "%(count)s release due in the next 2 weeks has no web page to check",
        "%(count)s releases due in the next 2 weeks have no web page to check",
        "count",
    ),
    Concern.NO_CONTACT: ngettext_lazy(
        "%(count)s release due in the next 2 weeks has no contact",
        "%(count)s releases due in the next 2 weeks have no contact",
        "count",
    ),
    Concern.NO_HEAD: ngettext_lazy(
        "%(count)s release due in the next 2 weeks has no Head of Profession",
        "%(count)s releases due in the next 2 weeks have no Head of Profession",
        "count",
    ),
    Concern.PREFLIGHT_PROBLEMS: ngettext_lazy(
        "We found problems with %(count)s upcoming release",
        "We found problems with %(count)s upcoming releases",
        "count",
    ),
    Concern.PAST_ITS_DATE: ngettext_lazy(
        "%(count)s release is still provisional after its planned date",
        "%(count)s releases are still provisional after their planned dates",
        "count",
    ),
    Concern.NOT_CONFIRMED: ngettext_lazy(
        "%(count)s release planned in the next 4 weeks is not confirmed",
        "%(count)s releases planned in the next 4 weeks are not confirmed",
        "count",
    ),
    Concern.NOT_ANNOUNCED: ngettext_lazy(
        "%(count)s release is not announced", "%(count)s releases are not announced", "count"
    ),
    Concern.DUE_TOMORROW: ngettext_lazy(
        "%(count)s release is due tomorrow", "%(count)s releases are due tomorrow", "count"
    ),
}

ADVICE = {
    Concern.NO_ADDRESS: lazy("Add the web page. We cannot check a release without it."),
    Concern.NO_CONTACT: lazy(
        "Add a contact to the series. Without one, readers have no one to ask, and if the release is late, we can "
        "only notify the Head of Profession and the other contacts."
    ),
    Concern.NO_HEAD: lazy("Add a Head of Profession to the series. A breach report must name one."),
    Concern.PREFLIGHT_PROBLEMS: lazy("Correct the problems before the release is due."),
    Concern.PAST_ITS_DATE: lazy(
        "The date in the public calendar has passed. Change it, confirm it or cancel the release."
    ),
    Concern.NOT_CONFIRMED: lazy(
        "Confirm the exact date and time. The Code of Practice asks for 4 weeks’ notice where practicable."
    ),
    Concern.NOT_ANNOUNCED: lazy("Announce these releases to show them in the public calendar."),
    Concern.DUE_TOMORROW: lazy("Check that everything is ready."),
}


def concern_sentence(concern: Concern, count: int) -> str:
    return str(COUNTED[concern] % {"count": count})


_WARNINGS: dict[WarningKind, Promise] = {
    WarningKind.NO_CONTACT: lazy("The series has no contact"),
    WarningKind.NO_HEAD: lazy("The series has no Head of Profession"),
    WarningKind.NO_PAGE: lazy("No web page to check"),
    WarningKind.WEEKEND: lazy("%(day)s is at a weekend"),
    WarningKind.BANK_HOLIDAY: lazy("%(day)s is a bank holiday (%(name)s)"),
    WarningKind.CLOSED_DAY: lazy("Your office is closed on %(day)s (%(name)s)"),
    WarningKind.PAST: lazy("The date has passed"),
    WarningKind.SHORT_FOR_MARKETS: lazy("Market sensitive, with less than 6 months’ notice"),
    WarningKind.IMPROBABLE_YEAR: lazy("The new date is %(years)s years later, so check the year"),
    WarningKind.BEFORE_PREVIOUS: lazy("The new date is before the previous edition, ‘%(name)s’ (%(edition)s)"),
    WarningKind.AFTER_NEXT: lazy("The new date is after the next edition, ‘%(name)s’ (%(edition)s)"),
    WarningKind.SAME_DAY: lazy("Another edition of the series is due on the new date, ‘%(name)s’ (%(edition)s)"),
}


def warning_sentence(warning: ReleaseWarning) -> str:
    """Describe a warning about a release in a phrase, such as "The series has no contact".

    If the other edition in a warning is to move too, a second sentence says so.
    """
    if warning.kind is WarningKind.SHORT_NOTICE:
        words = ngettext(
            "%(days)s day’s notice, less than 4 weeks", "%(days)s days’ notice, less than 4 weeks", warning.days
        )
        return words % {"days": warning.days}
    day = calendar.format_weekday(warning.on) if warning.on else ""
    facts = {"day": day, "name": warning.name, "years": warning.years, "edition": warning.edition}
    words = str(_WARNINGS[warning.kind]) % facts
    if warning.edition_to is None:
        return words
    also_moved = _("%(warning)s. A change of that edition to %(edition)s is waiting too")
    return also_moved % {"warning": words, "edition": warning.edition_to}


PACES = {Pace.MONTHLY: lazy("monthly"), Pace.QUARTERLY: lazy("quarterly"), Pace.YEARLY: lazy("yearly")}

NATIONS = {
    Nation.UNITED_KINGDOM: lazy("United Kingdom"),
    Nation.ENGLAND: lazy("England"),
    Nation.WALES: lazy("Wales"),
    Nation.SCOTLAND: lazy("Scotland"),
    Nation.NORTHERN_IRELAND: lazy("Northern Ireland"),
}

# The sign and the name of each status in the year planner. People can distinguish the signs without colours.
SIGNS = {
    Status.PROVISIONAL: ("○", lazy("provisional")),
    Status.CONFIRMED: ("●", lazy("confirmed")),
    Status.PUBLISHED: ("✓", lazy("published")),
    Status.CANCELLED: ("×", lazy("cancelled")),
}


def gap_sentence(gap: Gap) -> str:
    if gap.periods == 1:
        return calendar.format_month(gap.first)
    words = ngettext(
        "%(first)s to %(last)s (%(periods)s release)", "%(first)s to %(last)s (%(periods)s releases)", gap.periods
    )
    return words % {
        "first": calendar.format_month(gap.first),
        "last": calendar.format_month(gap.last),
        "periods": gap.periods,
    }


def holiday_name(holiday: Holiday) -> str:
    """Return the text for a bank holiday.

    If only some of the displayed nations have the holiday, the text names these nations.
    """
    if holiday.everywhere:
        return _("Bank holiday: %(title)s") % {"title": holiday.title}
    nations = ", ".join(str(NATIONS[nation]) for nation in holiday.nations)
    return _("Bank holiday in %(nations)s: %(title)s") % {"nations": nations, "title": holiday.title}


def planner_day(day: Day) -> str:
    parts = [*_counted(day.statuses), *(holiday_name(each) for each in day.holidays)]
    return f"{calendar.format_weekday(day.on)}: {', '.join(parts)}"


def undated_sentence(month: Month) -> str:
    """Describe the releases that are planned for a month but have no day yet.

    For example: "July 2026, day not set: 1 provisional".
    """
    counted = ", ".join(_counted(month.undated))
    return _("%(month)s, day not set: %(counted)s") % {
        "month": calendar.format_month(month.first),
        "counted": counted,
    }


def _counted(statuses: Iterable[tuple[str, int]]) -> Iterator[str]:
    return (f"{count} {SIGNS[Status(status)][1]}" for status, count in statuses)


def agreement_sentence(agreement: Grounds | Departure) -> str:
    """Return the sentence that tells readers that OSR agreed to the date and time of a release."""
    return _(
        "The Office for Statistics Regulation agreed to this date and time in writing on %(day)s (reference "
        "%(reference)s)."
    ) % {
        "day": write_day(agreement.osr_agreed_on) if agreement.osr_agreed_on else "",
        "reference": agreement.osr_reference,
    }


def departure_sentence(departure: Departure) -> str:
    """Return the sentence that tells readers about an exception. The sentence does not give the reason."""
    if departure.kind == DepartureKind.OSR_AGREEMENT:
        return agreement_sentence(departure.agreement)
    if departure.kind == DepartureKind.BANK_HOLIDAY:
        return _("This day is a bank holiday (%(holiday)s).") % {"holiday": departure.holiday}
    return _("Release at once, decided by the Head of Profession for Statistics or a deputy.")


EXCEPTIONS = {
    DepartureKind.OSR_AGREEMENT: lazy("Exception recorded: OSR’s written agreement (reference %(osr_reference)s)"),
    DepartureKind.BANK_HOLIDAY: lazy("Exception recorded: a bank holiday (%(holiday)s)"),
    DepartureKind.AT_ONCE: lazy("Exception recorded: release at once"),
}
SENTENCES = {
    "recorded": lazy("Added for %(slot)s"),
    "announce": lazy("Announced"),
    "confirm": lazy("Confirmed"),
    "change_date": lazy("Date changed from %(was)s to %(to)s"),
    "cancel": lazy("Cancelled"),
    "publish": lazy("Published"),
    "corrected": lazy("Corrected"),
    "address_added": lazy("Web page or file added: %(url)s"),
    "address_changed": lazy("Web page or file changed: %(url)s"),
    "address_removed": lazy("Web page or file removed: %(url)s"),
    "stated": lazy("Statement added"),
    "early_release_decided": lazy("Decision about the early release: %(choice)s"),
    "agreement_corrected": lazy("OSR’s written agreement corrected"),
    "correction_recorded": lazy("Correction %(number)s recorded"),
    "correction_changed": lazy("Correction %(number)s changed"),
    "correction_withdrawn": lazy("Correction %(number)s withdrawn"),
    "task_done": lazy("Task completed"),
    "task_open_again": lazy("Task reopened"),
    "evidence_exported": lazy("Evidence exported"),
    "participants_changed": lazy("Participants of the training session changed"),
    "date_change_asked": lazy("Date change requested"),
    "reason_corrected": lazy("Reason corrected"),
    "pre_release_asked": lazy("Pre-release access requested"),
    "pre_release_agreed": lazy("Request for pre-release access agreed"),
    "pre_release_refused": lazy("Request for pre-release access refused"),
    "pre_release_request_taken_back": lazy("Request for pre-release access withdrawn"),
    "pre_release_granted": lazy("Pre-release access granted"),
    "pre_release_changed": lazy("Pre-release access changed"),
    "pre_release_withdrawn": lazy("Pre-release access withdrawn"),
    "pre_release_began": lazy("Start of pre-release access recorded"),
    "pre_release_ended": lazy("End of pre-release access recorded"),
    "pre_release_record_taken_back": lazy("Record of pre-release access undone"),
    "pre_release_names_erased": lazy("Names deleted from the pre-release access list"),
    "pre_release_terms_confirmed": lazy("Terms of pre-release access confirmed"),
    "pre_release_received": lazy("Receipt confirmed under pre-release access"),
    "pre_release_not_needed": lazy("Pre-release access no longer needed"),
    "pre_release_no_answer": lazy("No answer about pre-release access"),
    "pre_release_confirmed_by_phone": lazy("Terms of pre-release access confirmed by phone"),
    "pre_release_phone_call_taken_back": lazy("Confirmation by phone undone"),
    "pre_release_links_revoked": lazy("Pre-release access links cancelled"),
    "pre_release_list_confirmed": lazy("Pre-release access list confirmed"),
    NO_ANSWER: lazy("Call recorded: no answer"),
    NO_ANSWER_UNDONE: lazy("Record of a call undone"),
}

FIELDS = {
    "title": lazy("title"),
    "welsh_title": lazy("title in Welsh"),
    "reference": lazy("reference"),
    "url": lazy("address"),
    "role": lazy("role"),
    "marker": lazy("text that identifies this edition"),
    "adapter": lazy("type of website"),
    "required": lazy("must be live on time"),
    "part": lazy("part"),
    "may_follow_minutes": lazy("may follow within (minutes)"),
    "screenshots": lazy("screenshots"),
    "osr_reference": lazy("reference of OSR’s agreement"),
    "osr_agreed_on": lazy("date of OSR’s agreement"),
}


def event_sentence(event: ReleaseEvent) -> str:
    """Describe an event in one line.

    If there is no sentence for the kind of the event, or if the event lacks facts that the sentence needs, return the
    code of the kind in words, such as "Body read".
    """
    facts: Mapping[str, Any] = event.facts
    if event.kind == "judged":
        return _("Result: %(outcome)s") % {"outcome": name_outcome(Outcome(facts["outcome"][1]))}
    words = SENTENCES.get(event.kind)
    if event.kind == "exception_recorded":
        words = EXCEPTIONS[DepartureKind(facts["exception"])]
    try:
        return name_event_kind(event.kind) if words is None else str(words) % facts
    except KeyError:
        # The event is old. When it was written, events of this kind did not yet have all the facts in the sentence.
        return to_words(event.kind).capitalize()


def name_event_kind(kind: str) -> str:
    """Return a name for a kind of event.

    If there is a sentence for the kind, and the sentence contains no facts, the name is the sentence. Otherwise, the
    name is the code of the kind in words, such as "Body read".
    """
    words = str(SENTENCES.get(kind, ""))
    return words if words and "%" not in words else to_words(kind).capitalize()


def event_details(event: ReleaseEvent) -> Iterable[str]:
    for name, (was, now) in event.facts.get("changed", {}).items():
        yield changed_fields(FIELDS.get(name, name), was, now)
    if event.kind in CALL_EVENTS:
        contact = Contact.objects.filter(pk=event.facts["contact"]).first()
        yield contact.name if contact else _("A former contact")
    if event.kind == "participants_changed":
        yield from _participant_details(event.facts)
    if "api_token" in event.facts:
        yield through_token(event.facts["api_token"])
    if event.words:
        yield f"“{event.words}”"


def through_token(code: str) -> str:
    return _("Using API token %(code)s") % {"code": code}


def with_token(sentence: str, facts: Mapping[str, Any]) -> str:
    """Add the API token to a sentence about an event, if a program used an API token to cause the event."""
    if "api_token" not in facts:
        return sentence
    return _("%(what)s with API token %(token)s") % {"what": sentence, "token": facts["api_token"]}


def _participant_details(facts: Mapping[str, Any]) -> Iterator[str]:
    people = get_user_model().objects.in_bulk([*facts["added"], *facts["removed"]])
    for text, keys in ((_("Added: %(people)s"), facts["added"]), (_("Removed: %(people)s"), facts["removed"])):
        if keys:
            yield text % {"people": ", ".join(sorted(people[key].name for key in keys if key in people))}


def changed_fields(name: Any, was: Any, now: Any) -> str:
    """Describe the change of one field, such as "title: “A” → “B”"."""
    return _("%(field)s: %(was)s → %(now)s") % {"field": name, "was": _value(was), "now": _value(now)}


def _value(value: Any) -> str:
    if value is True or value is False:
        return _("yes") if value else _("no")
    return _("nothing") if value in (None, "") else f"“{value}”"
