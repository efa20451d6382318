"""Pages to manage pre-release access lists, and the published lists."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from releases import pre_release_access, receipts
from releases.forms import ClockTimeField, GovukDateField, GovukForm, LongTextField, list_typed_texts
from releases.models import PreReleaseAccess, PreReleaseRequest, Producer, Release
from releases.permissions import TABLE, Action, User, may, producers_where, roles_of
from releases.pre_release_access import EntryOrRequest, ListRefused, Objected, check_list_open, only_words_are_open
from releases.public import calendar as public_calendar
from releases.rules import calendar as rules_calendar
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Status, WrongRole
from releases.rules.pre_release import (
    A_DAY,
    ACCESS,
    AGREE,
    BEGIN,
    CHANGE,
    END,
    JUDGEMENT,
    PUBLIC,
    REFUSE,
    REQUEST,
    TAKE_BACK,
    WITHDRAW,
    WORDS,
    Details,
    Longer,
    Period,
    RequestStatus,
    Terms,
    Unit,
)
from releases.text import pre_release
from releases.text.languages import is_welsh
from releases.text.receipts import emails_due_now, emails_on_request, list_access_terms, list_confirmation_sentence
from releases.views.base import SignedInRequest, find_release, post_data, post_view
from releases.views.list_order import Column, ListOrder

LONGEST_REASON = 1000
IN_ONE_LINE = (*PUBLIC, "person", "email")
UNITS = ((Unit.HOURS.value, lazy("Hours")), (Unit.WORKING_DAYS.value, lazy("Working days")))


class EntryForm(GovukForm):
    """An entry of a pre-release access list, with public and private fields."""

    defaults = {"size": "s", "threshold": 75}
    options = {"length": {"css_class": "govuk-input--width-3"}, "unit": {"inline": True, "small": True}}

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    post = forms.CharField(
        label=lazy("Post"),
        help_text=lazy("For example, Minister of State for Schools. We publish the post."),
        max_length=200,
        required=False,
    )
    organisation = forms.CharField(
        label=lazy("Organisation"), help_text=lazy("We publish this."), max_length=200, required=False
    )
    person = forms.CharField(
        label=lazy("Person who holds the post"),
        help_text=lazy("We do not publish the name. Only people who manage the list can see and delete it."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=lazy("Email address (optional)"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = LongTextField(
        label=lazy("Why is access needed?"),
        help_text=lazy("Do not name people."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    length = forms.IntegerField(
        label=lazy("Period before the release"), error_messages={"required": lazy("Enter the period as a number")}
    )
    unit = forms.ChoiceField(label=lazy("Unit"), choices=UNITS, widget=forms.RadioSelect)
    period_reason = LongTextField(
        label=lazy("Reason for a different period"),
        help_text=lazy("Leave this empty for the usual period."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    public_benefit = LongTextField(
        label=lazy("Why the public benefit outweighs the limit"),
        help_text=lazy("Required for a period longer than 24 hours. We publish this."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    authority_notified_on = GovukDateField(
        label=lazy("Date on which you notified the Authority"),
        help_text=lazy("Required for a period longer than 24 hours. For example, 29 6 2026"),
        required=False,
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        terms: Terms,
        button: str,
        entry: PreReleaseAccess | None = None,
        only_words: bool = False,
    ) -> None:
        # If the law allows no access, every entry is refused, so it does not matter which period the form offers.
        offered = terms.usual or A_DAY
        initial: dict[str, Any] = {"length": offered.length, "unit": offered.unit}
        if entry is not None:
            initial = {name: getattr(entry, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        self.entry, self.offered, self.button = entry, offered, button
        self.fields["length"].help_text = " ".join(pre_release.terms_sentences(terms))
        # If the entry has a judgement, show it even if the nation of the statistics has changed since.
        judged = entry is not None and any(getattr(entry, name) for name in JUDGEMENT)
        if terms.longer is not Longer.JUDGEMENT and not judged:
            for name in JUDGEMENT:
                del self.fields[name]
        if only_words:
            for name in [name for name in self.fields if name not in {*PUBLIC, "version"}]:
                del self.fields[name]

    def details(self) -> Details:
        """Return the details of the entry. If the form has no field for a detail, the detail stays the same."""
        was = self.entry.details if self.entry else None
        period = was.period if was else self.offered
        if "length" in self.fields:
            period = Period(self.cleaned_data["length"], Unit(self.cleaned_data["unit"]))
        typed = {name: str(self.cleaned_data.get(name, getattr(was, name, ""))) for name in (*IN_ONE_LINE, *WORDS)}
        typed |= {name: " ".join(typed[name].split()) for name in IN_ONE_LINE}
        notified_on = self.cleaned_data.get("authority_notified_on", was.authority_notified_on if was else None)
        return Details(period=period, authority_notified_on=notified_on, **typed)

    def see_again(self, entry: PreReleaseAccess) -> None:
        sentence = _("Another person changed this entry to %(entry)s. Check your answers and try again.") % {
            "entry": entry
        }
        self.reopen(name="version", version=entry.version, sentence=sentence)


class TimeForm(GovukForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    on = GovukDateField(label=lazy("Date"), help_text=lazy("For example, 29 6 2026"))
    time = ClockTimeField(label=lazy("London time"), help_text=lazy("For example, 9:30am"))

    def __init__(self, data: QueryDict | None = None, *, entry: PreReleaseAccess, now: datetime, button: str) -> None:
        local = rules_calendar.in_london(now)
        offered = {"version": entry.version, "on": local.date(), "time": local.time().replace(second=0, microsecond=0)}
        super().__init__(data, initial=offered)
        self.button = button

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="on", at="time", to="instant")
        return cleaned


class VersionForm(forms.Form):
    """A form to confirm an action. The hidden field contains the version of the entry that the person read."""

    version = forms.IntegerField(widget=forms.HiddenInput)


def list_view[**P](
    view: Callable[Concatenate[SignedInRequest, Release, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Decorate a view about a pre-release access list. The view gets the release instead of its reference.

    The person must be allowed to edit the list. If an action is refused, a page explains why.
    """

    @wraps(view)
    def page(request: SignedInRequest, reference: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        release = find_release(request.user, reference, Action.KEEP_ACCESS_LIST)
        try:
            return view(request, release, *args, **kwargs)
        except MoveRefused as refusal:
            context = {"release": release, "sentence": str(refusal), "typed": list_typed_texts(request.POST)}
            return render(request, "releases/pre_release/refused.html", context, status=409)

    return login_required(require_http_methods(["GET", "POST"])(page))


@login_required
@require_safe
def access_list(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show the pre-release access list of a release.

    People who may edit the list see names and actions. Other people see only posts.
    """
    release, now = find_release(request.user, reference), timezone.now()
    roles = roles_of(request.user, release.series.producer)
    is_open = pre_release_access.is_list_open(release, now=now)
    keeps = bool(TABLE[Action.KEEP_ACCESS_LIST] & roles)
    context: dict[str, Any] = {"release": release, "keeps": keeps, "is_open": is_open}
    if keeps:
        rows = pre_release_access.list_rows_of(release, roles=roles, now=now)
        context |= {
            "rows": rows,
            "waiting": pre_release_access.waiting_rows_of(release),
            "decisions": REQUEST.available(source=RequestStatus.WAITING, roles=roles),
            "terms": release.series.pre_release_terms(),
            "shortly": pre_release_access.is_shortly(release, now=now),
            "source": pre_release_access.previous_with_list(release) if is_open else None,
            "may_erase": pre_release_access.may_be_erased(release, now=now) and any(row.entry.person for row in rows),
            "is_shown": pre_release_access.has_published_list(release, now=now),
            **_receipts_context(request.user, release, entries=[row.entry for row in rows], now=now),
        }
    else:
        context["entries"] = pre_release_access.published_entries(release)
    return render(request, "releases/pre_release/list.html", context)


def _receipts_context(
    person: User, release: Release, *, entries: Iterable[PreReleaseAccess], now: datetime
) -> dict[str, Any]:
    """Return the template context about the answers of recipients.

    If recipients are not asked, the context contains only `may_ask`.

    :param entries: the entries that the page shows.
    """
    may_ask = may(person, Action.ASK_RECIPIENTS, release.series.producer) and not release.rehearsal
    if not receipts.asks_recipients(release):
        return {"may_ask": may_ask}
    recipients = receipts.recipients_of(release)
    confirmed = receipts.confirmation_of(release)
    return {
        "may_ask": may_ask,
        "recipients": recipients,
        "seen": receipts.digest_list(release, entries),
        "to_call": {key for key, one in recipients.items() if receipts.may_confirm_by_phone(one, now=now)},
        "may_confirm": bool(recipients) and confirmed is None and receipts.may_confirm_list(release, now=now),
        "list_confirmation": list_confirmation_sentence(release, now=now)
        if recipients and release.status == Status.CONFIRMED
        else "",
    }


@list_view
def confirm_list_view(request: SignedInRequest, release: Release) -> HttpResponse:
    """Record that a person confirms the list. If the list has changed since it was shown, refuse the confirmation."""
    if request.method != "POST":
        return redirect("releases:pre_release_list", release.reference)
    receipts.confirm_list(release, seen=request.POST.get("seen", ""), by=request.user, at=timezone.now())
    messages.success(request, _("List confirmed."))
    return redirect("releases:pre_release_list", release.reference)


@login_required
@require_http_methods(["GET", "POST"])
def ask_recipients_view(request: SignedInRequest, producer: str) -> HttpResponse:
    """Turn requests to recipients on or off for a producer.

    If the query string names a release, the page links back to the list of this release.
    """
    found, now = get_object_or_404(producers_where(request.user, Action.ASK_RECIPIENTS), slug=producer), timezone.now()
    if request.method == "POST":
        asks = request.POST.get("asks") == "yes"
        if not receipts.set_recipient_requests(found, asks=asks, by=request.user):
            messages.info(request, _("You did not make any changes."))
        elif asks:
            leaving = emails_due_now(receipts.count_due_requests(found, now=now))
            messages.success(request, f"{_('Requests to recipients turned on.')} {leaving}")
        else:
            messages.success(request, _("Requests to recipients turned off."))
        return redirect(request.get_full_path())
    context = {
        "producer": found,
        "release": Release.objects.filter(series__producer=found, reference=request.GET.get("list", "")).first(),
        "emails": "" if found.asks_recipients else emails_on_request(receipts.count_due_requests(found, now=now)),
    }
    return render(request, "releases/pre_release/ask_recipients.html", context)


@list_view
def copy_list_view(request: SignedInRequest, release: Release) -> HttpResponse:
    now = timezone.now()
    source = pre_release_access.previous_with_list(release)
    if source is None:
        raise Http404("No earlier release of the series has a list.")
    if request.method == "POST":
        is_shown = request.POST.get("source") == source.reference
        copied = pre_release_access.copy_list(release, source=source if is_shown else release, by=request.user, at=now)
        messages.success(request, pre_release.copied_sentence(copied))
        return redirect("releases:pre_release_list", release.reference)
    context = {
        "release": release,
        "source": source,
        "entries": pre_release_access.published_entries(source),
        "terms": release.series.pre_release_terms(),
        "shortly": pre_release_access.is_shortly(release, now=now),
    }
    return render(request, "releases/pre_release/copy.html", context)


def _page_to_decide(request: SignedInRequest, reference: str) -> str:
    release = find_release(request.user, reference, Action.KEEP_ACCESS_LIST)
    return resolve_url("releases:pre_release_list", release.reference)


@post_view(_page_to_decide)
def decide_request_view(request: SignedInRequest, reference: str) -> HttpResponse:
    """Agree to, refuse or take back requests to change a list. Only the requests whose keys are sent are decided."""
    release = find_release(request.user, reference, Action.KEEP_ACCESS_LIST)
    act = request.POST.get("act", "")
    keys = [int(key) for key in request.POST.getlist("request") if key.isdecimal() and len(key) < 16]
    requests = list(release.pre_release_requests.select_related("release").filter(pk__in=keys))
    if act not in REQUEST.move_names or not requests:
        raise Http404("There is no such request.")
    done = 0
    for one in requests:
        try:
            pre_release_access.decide_request(one, act, by=request.user, at=timezone.now())
        except WrongRole as refusal:
            raise Http404 from refusal
        except MoveRefused as refusal:
            messages.error(request, f"{one}: {refusal}")
        else:
            done += 1
    if done:
        sentences = {
            AGREE: ngettext("%(n)d change agreed.", "%(n)d changes agreed.", done),
            REFUSE: ngettext("%(n)d change refused.", "%(n)d changes refused.", done),
            TAKE_BACK: ngettext("%(n)d request withdrawn.", "%(n)d requests withdrawn.", done),
        }
        messages.success(request, sentences[act] % {"n": done})
    return redirect("releases:pre_release_list", reference)


@list_view
def erase_names_view(request: SignedInRequest, release: Release) -> HttpResponse:
    if request.method == "POST":
        erased = pre_release_access.erase_name(release, by=request.user, at=timezone.now())
        sentence = ngettext("%(n)d name deleted.", "%(n)d names deleted.", erased) % {"n": erased}
        messages.success(request, sentence if erased else _("There are no names to delete."))
        return redirect("releases:pre_release_list", release.reference)
    pre_release_access.check_erasable(release, now=timezone.now())
    return render(request, "releases/pre_release/erase.html", {"release": release})


@sensitive_post_parameters("person", "email")
@list_view
def add_entry(request: SignedInRequest, release: Release) -> HttpResponse:
    now = timezone.now()
    form = EntryForm(post_data(request), terms=release.series.pre_release_terms(), button=_("Add to the list"))
    check_list_open(release, at=now)
    pre_release_access.check_lawful_access(release)
    if form.is_valid():
        try:
            outcome = pre_release_access.grant_access(release, form.details(), by=request.user, at=now)
        except ListRefused as refusal:
            _add_objections(form, refusal)
        else:
            return _back_to_list(request, release, outcome, success=_("Access granted."))
    context = {"release": release, "form": form, "shortly": pre_release_access.is_shortly(release, now=now)}
    return render(request, "releases/pre_release/add.html", context)


@sensitive_post_parameters("person", "email")
@list_view
def change_entry(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    """Change an entry, or request the change.

    If access has begun or the release is due, only the post and the organisation can be changed.
    """
    entry, now = _find_entry(release, key), timezone.now()
    only_words = only_words_are_open(entry, at=now)
    form = EntryForm(
        post_data(request),
        terms=release.series.pre_release_terms(),
        button=_("Save changes"),
        entry=entry,
        only_words=only_words,
    )
    _check_move(request, release, entry, CHANGE)
    if form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            outcome = pre_release_access.change_access(
                entry, form.details(), by=request.user, at=now, expected_version=version
            )
        except ChangedMeanwhile:
            form.see_again(PreReleaseAccess.objects.get(pk=entry.pk))
        except ListRefused as refusal:
            _add_objections(form, refusal)
        else:
            return _back_to_list(request, release, outcome, success=_("Entry changed."))
    context = {
        "release": release,
        "entry": entry,
        "form": form,
        "shortly": pre_release_access.is_shortly(release, now=now),
        "only_words": only_words,
    }
    return render(request, "releases/pre_release/change.html", context)


@list_view
def withdraw_entry(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    def act(entry: PreReleaseAccess, version: int, at: datetime) -> HttpResponse:
        outcome = pre_release_access.withdraw_access(entry, by=request.user, at=at, expected_version=version)
        return _back_to_list(request, entry.release, outcome, success=_("Access withdrawn."))

    return _confirm_entry(request, release, key, move=WITHDRAW, act=act)


@list_view
def take_back_times_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    def act(entry: PreReleaseAccess, version: int, at: datetime) -> HttpResponse:
        pre_release_access.take_back_times(entry, by=request.user, at=at, expected_version=version)
        messages.success(request, _("Recorded time removed."))
        return redirect("releases:pre_release_list", release.reference)

    return _confirm_entry(request, release, key, move=TAKE_BACK, act=act)


@list_view
def erase_name_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    def act(entry: PreReleaseAccess, version: int, at: datetime) -> HttpResponse:
        erased = pre_release_access.erase_name(entry.release, entry=entry, by=request.user, at=at)
        messages.success(request, _("Name deleted.") if erased else _("There are no names to delete."))
        return redirect("releases:pre_release_list", release.reference)

    return _confirm_entry(request, release, key, move="", act=act)


@list_view
def renew_links_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    """Revoke the links of a recipient. The next delivery sends a new link."""

    def act(entry: PreReleaseAccess, version: int, at: datetime) -> HttpResponse:
        renewed = receipts.renew_links(entry, by=request.user, at=at)
        if renewed:
            messages.success(request, _("The earlier link no longer works. We will send a new one."))
        else:
            messages.info(request, _("You did not make any changes."))
        return redirect("releases:pre_release_list", release.reference)

    recipient = receipts.recipients_of(release).get(key)
    if recipient is None:
        raise Http404("There is no such recipient.")
    if not recipient.may_get_links:
        raise MoveRefused(receipts.NO_NEW_LINK)
    return _confirm_entry(request, release, key, move=RENEW, act=act)


@list_view
def record_begin_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    def act(entry: PreReleaseAccess, instant: datetime, **given: Any) -> None:
        pre_release_access.record_begin(entry, began_at=instant, by=request.user, **given)
        messages.success(request, _("Start of access recorded."))

    return _record_time(request, release, key, move=BEGIN, act=act, button=_("Save time"))


@list_view
def record_end_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    def act(entry: PreReleaseAccess, instant: datetime, **given: Any) -> None:
        pre_release_access.record_end(entry, ended_at=instant, by=request.user, **given)
        messages.success(request, _("End of access recorded."))

    return _record_time(request, release, key, move=END, act=act, button=_("Save time"))


@list_view
def confirm_by_phone_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    """Record that a recipient confirmed the terms by phone."""

    def act(entry: PreReleaseAccess, version: int, at: datetime) -> HttpResponse:
        if entry.version != version:
            raise ChangedMeanwhile(
                _("Another person changed this entry. Check that you called the right person before you try again.")
            )
        receipts.record_phone_confirmation(entry, by=request.user, at=at)
        messages.success(request, _("Confirmation by phone recorded."))
        return redirect("releases:pre_release_list", release.reference)

    recipient = _find_recipient(release, key)
    if recipient.by_phone is None and not receipts.may_confirm_by_phone(recipient, now=timezone.now()):
        raise MoveRefused(_("You cannot record a call for this person now."))
    return _confirm_entry(request, release, key, move=BY_PHONE, act=act)


@list_view
def take_back_phone_view(request: SignedInRequest, release: Release, key: int) -> HttpResponse:
    """Take back the record that a recipient confirmed the terms by phone."""

    def act(entry: PreReleaseAccess, version: int, at: datetime) -> HttpResponse:
        if receipts.take_back_phone_confirmation(entry, by=request.user, at=at):
            messages.success(request, _("Confirmation by phone removed."))
        else:
            messages.info(request, _("You did not make any changes."))
        return redirect("releases:pre_release_list", release.reference)

    _find_recipient(release, key)
    return _confirm_entry(request, release, key, move=NOT_BY_PHONE, act=act)


def _find_recipient(release: Release, key: int) -> receipts.Recipient:
    """:raises Http404: if the entry is not on the list, or recipients are not asked."""
    recipient = receipts.recipients_of(release).get(key)
    if recipient is None or not receipts.asks_recipients(release):
        raise Http404("There is no such recipient.")
    return recipient


RENEW, BY_PHONE, NOT_BY_PHONE = OF_RECIPIENT = ("renew_links", "confirm_by_phone", "take_back_phone")
"""The names of pages about a recipient. The actions on these pages are not moves in the lifecycle `ACCESS`."""

PAGES: dict[str, Callable[..., HttpResponse]] = {
    "change": change_entry,
    "withdraw": withdraw_entry,
    "begin": record_begin_view,
    "end": record_end_view,
    "take_back": take_back_times_view,
    "erase_name": erase_name_view,
    RENEW: renew_links_view,
    BY_PHONE: confirm_by_phone_view,
    NOT_BY_PHONE: take_back_phone_view,
}


def _find_entry(release: Release, key: int) -> PreReleaseAccess:
    entries = release.pre_release_access.select_related("release__series__producer", "granted_by", "agreed_by")
    return get_object_or_404(entries, pk=key)


def _check_move(request: SignedInRequest, release: Release, entry: PreReleaseAccess, move: str) -> None:
    """Check that a person may make a move of an entry.

    :raises Http404: if the person's roles never allow this move.
    :raises WrongState: if the status of the entry does not allow this move.
    """
    roles = roles_of(request.user, release.series.producer)
    if not any(row.name == move and row.roles & roles for row in ACCESS.moves):
        raise Http404("This person may not do this.")
    ACCESS.find(move, source=entry.status)


def _confirm_entry(
    request: SignedInRequest,
    release: Release,
    key: int,
    *,
    move: str,
    act: Callable[[PreReleaseAccess, int, datetime], HttpResponse],
) -> HttpResponse:
    """Ask the person to confirm an action on an entry, and call `act` when the person confirms.

    :param move: a move in the lifecycle `ACCESS`, or one of `OF_RECIPIENT`. It is empty if a name is deleted.
    """
    entry, now = _find_entry(release, key), timezone.now()
    if move in ACCESS.move_names:
        _check_move(request, release, entry, move)
    elif not move:
        pre_release_access.check_erasable(release, now=now)
    form = VersionForm(post_data(request), initial={"version": entry.version})
    if form.is_valid():
        try:
            return act(entry, form.cleaned_data["version"], now)
        except WrongRole as refusal:
            raise Http404 from refusal
    context = {
        "release": release,
        "entry": entry,
        "form": form,
        "move": move or "erase",
        "terms": list_access_terms(entry) if move == BY_PHONE else (),
        "shortly": pre_release_access.is_shortly(release, now=now),
    }
    return render(request, "releases/pre_release/confirm.html", context)


def _record_time(
    request: SignedInRequest, release: Release, key: int, *, move: str, act: Callable[..., None], button: str
) -> HttpResponse:
    entry, now = _find_entry(release, key), timezone.now()
    form = TimeForm(post_data(request), entry=entry, now=now, button=button)
    _check_move(request, release, entry, move)
    if form.is_valid():
        given = form.cleaned_data
        try:
            act(entry, given["instant"], at=now, expected_version=given["version"])
        except ListRefused as refusal:
            _add_objections(form, refusal)
        else:
            return redirect("releases:pre_release_list", release.reference)
    context = {"release": release, "entry": entry, "form": form, "move": move}
    return render(request, "releases/pre_release/time.html", context)


def _back_to_list(request: SignedInRequest, release: Release, outcome: EntryOrRequest, *, success: str) -> HttpResponse:
    if isinstance(outcome, PreReleaseRequest):
        messages.info(request, _("Change requested. The Head of Profession or a deputy must agree."))
    else:
        messages.success(request, success)
    return redirect("releases:pre_release_list", release.reference)


def _add_objections(form: forms.Form, refusal: ListRefused) -> None:
    objections = refusal.objections if isinstance(refusal, Objected) else [(refusal.field, str(refusal))]
    for field, sentence in objections:
        form.add_error(field if field in form.fields else None, sentence)


LISTS_PER_PAGE = 50


@require_safe
def published_list(request: HttpRequest, reference: str) -> HttpResponse:
    now = timezone.now()
    release = public_calendar.announced_releases().filter(reference=reference).first()
    if release is None or not pre_release_access.has_published_list(release, now=now):
        release = find_release(request.user, reference, Action.KEEP_ACCESS_LIST)
    context = {
        "release": release,
        "producer": release.series.producer,
        "entries": pre_release_access.published_entries(release),
        "is_out": pre_release_access.is_list_public(release, now=now),
    }
    return render(request, "releases/pre_release/published.html", context)


@require_safe
def published_lists_of(request: HttpRequest, producer: str) -> HttpResponse:
    found = get_object_or_404(Producer, slug=producer)
    order = ListOrder(request.GET, list_columns(), default="-date")
    releases = order.sort(pre_release_access.releases_with_list(found, now=timezone.now()))
    page = Paginator(releases, LISTS_PER_PAGE).get_page(request.GET.get("page"))
    if not page.object_list and not public_calendar.announced_releases().filter(series__producer=found).exists():
        raise Http404("Nothing of this producer is public.")
    return render(request, "releases/pre_release/lists.html", {"producer": found, "order": order, "page": page})


def list_columns() -> dict[str, Column]:
    """Return the columns of the public lists of a producer. Titles are sorted in the language of the page."""
    shown = Coalesce(NullIf("welsh_title", Value("")), "title") if is_welsh() else "title"
    return {
        "date": Column(_("Date"), "due_at", descending_first=True),
        "title": Column(_("Title"), Lower(shown)),
    }
