"""The mobile numbers for text messages, which each person confirms or declines (decisions 152 and 156)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from releases.early_findings import find_people_who_may_know, producers_known_to
from releases.forms import GovukForm
from releases.models import Contact, Producer
from releases.permissions import Person
from releases.text.languages import join_with_and
from releases.views.base import SignedInRequest, post_data
from statsoffice.accounts.models import User
from statsoffice.audit.events import record_account_event
from statsoffice.audit.models import What

# The audit trail shows only the end of a number, because its rows are never deleted.
_DIGITS_IN_TRAIL = 3


def list_numbers(person: User) -> Mapping[str, list[Contact]]:
    """Return the contacts of a person that have a mobile number, keyed by number."""
    found: dict[str, list[Contact]] = {}
    for contact in _contacts_of_accounts().filter(user=person).select_related("producer"):
        if contact.mobile_number:
            found.setdefault(contact.mobile_number, []).append(contact)
    return found


def confirm_numbers(person: User, numbers: Collection[str], *, shown: Collection[str]) -> None:
    """Store the mobile numbers that a person confirmed. Only these numbers get text messages for this person.

    :param numbers: as in `list_numbers`. Numbers that the person confirmed before are removed unless they are included.
    :param shown: the numbers on the page that the person read. Those that they did not confirm are not theirs, so *Your
        tasks* no longer asks about them.
    """
    confirmed, declined = sorted(numbers), sorted({*shown} - {*numbers})
    if (confirmed, declined) == (person.confirmed_numbers, person.declined_numbers):
        return
    person.confirmed_numbers, person.declined_numbers = confirmed, declined
    endings = {"endings": _endings(confirmed)} | ({"declined": _endings(declined)} if declined else {})
    with transaction.atomic():
        person.save(update_fields=["confirmed_numbers", "declined_numbers"])
        record_account_event(What.NUMBERS_CONFIRMED, account=person, by=person, **endings)


def _endings(numbers: Iterable[str]) -> list[str]:
    return [number[-_DIGITS_IN_TRAIL:] for number in numbers]


def find_numbers_to_confirm(person: Person) -> list[Contact]:
    """Return the contacts of a person to which text messages would go if the person confirmed the number.

    Numbers that the person declined are left out. If the office sends no text messages, return an empty list.
    """
    if not settings.NOTIFY_TEXT_TEMPLATE or not person.is_authenticated:
        return []
    unconfirmed = [
        one
        for one in _contacts_of_accounts().filter(user=person.pk)
        if _is_unconfirmed(one) and one.mobile_number not in person.declined_numbers
    ]
    known = set(producers_known_to(person).values_list("pk", flat=True)) if unconfirmed else set()
    return [contact for contact in unconfirmed if contact.producer_id in known]


@dataclass(frozen=True, slots=True)
class WithoutTexts:
    """A person who has not confirmed any of their mobile numbers at a producer.

    `has_declined` is true if they said of all these numbers that they are not theirs.
    """

    person: User
    has_declined: bool


def find_without_texts(producers: Collection[Producer]) -> Mapping[int, list[WithoutTexts]]:
    """Return the people who may know about early releases and have not confirmed any mobile number at the producer.

    If the office sends no text messages, return an empty dict.

    :return: the people, keyed by the primary key of the producer. Producers without such people are left out.
    """
    if not settings.NOTIFY_TEXT_TEMPLATE:
        return {}
    numbers: dict[tuple[int, User], set[str]] = defaultdict(set)
    for contact in _contacts_of_accounts().filter(producer__in=producers, user__is_active=True):
        if contact.user and contact.mobile_number:
            numbers[contact.producer_id, contact.user].add(contact.mobile_number)
    unreached = {whose: own for whose, own in numbers.items() if own.isdisjoint(whose[1].confirmed_numbers)}
    known = find_people_who_may_know(producers) if unreached else set()
    found: dict[int, list[WithoutTexts]] = defaultdict(list)
    for (producer, person), own in sorted(unreached.items(), key=lambda one: str(one[0][1])):
        if (producer, person.pk) in known:
            found[producer].append(WithoutTexts(person, has_declined=own.issubset(person.declined_numbers)))
    return found


def _contacts_of_accounts() -> QuerySet[Contact]:
    contacts = Contact.objects.filter(user__isnull=False).exclude(telephone="")
    return contacts.select_related("user").order_by("pk")


def _is_unconfirmed(contact: Contact) -> bool:
    number, person = contact.mobile_number, contact.user
    return bool(number) and person is not None and number not in person.confirmed_numbers


class NumbersForm(GovukForm):
    button = lazy("Save")

    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    numbers = forms.MultipleChoiceField(
        label=lazy("Which of these numbers are yours?"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": lazy("One of these numbers has changed. Check the list and try again")},
    )

    def __init__(self, *args: Any, contacts: Mapping[str, Collection[Contact]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["numbers"].choices = [  # type: ignore[attr-defined]  # declared above
            (number, f"{number} ({join_with_and(str(one.producer) for one in of_number)})")
            for number, of_number in contacts.items()
        ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_numbers_view(request: SignedInRequest) -> HttpResponse:
    """Ask a person which mobile numbers in their contacts are theirs."""
    contacts = list_numbers(request.user)
    initial = {"numbers": request.user.confirmed_numbers, "shown": ",".join(contacts)}
    form = NumbersForm(post_data(request), contacts=contacts, initial=initial)
    if form.is_valid():
        # A number that was added since the page was opened is not declined.
        shown = contacts.keys() & form.cleaned_data["shown"].split(",")
        confirm_numbers(request.user, form.cleaned_data["numbers"], shown=shown)
        messages.success(request, _("Numbers for text messages saved."))
        return redirect("your_account")
    if form.is_bound:
        # The page now lists the present numbers, so the next answer is about these.
        form.data = request.POST.copy()
        form.data["shown"] = initial["shown"]
    return render(request, "accounts/text_numbers.html", {"form": form, "contacts": contacts})
