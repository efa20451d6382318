"""The admin pages of the outbox and of channel preferences."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Report
from breaches.permissions import Action as ReportAction
from breaches.permissions import reports_where
from breaches.rules.lifecycle import RESTRICTED
from releases import permissions
from releases.admin.access import HistoryAdmin
from releases.models.append_only import redaction_marker
from releases.permissions import Action, roles_of
from statsoffice.accounts.models import User
from statsoffice.notifications.access_links import ACCESS_LINK
from statsoffice.notifications.models import Channel, Message, Preference, available_channels
from statsoffice.notifications.recipients import FOR_LEADS_ALONE, about_hidden_trainings


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin[Message]):
    """The admin page of messages, which is read-only.

    The page shows whether a message was sent, and if it was not, why. It does not show the text, because people without
    a role at the producer can open the page.
    """

    list_display = ("told", "channel", "to", "created_at", "sent_at", "attempts", "last_error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), "channel", "created_at")
    exclude = ("document", "text")
    search_fields = ("subject", "recipient")

    @admin.display(description=lazy("subject"), ordering="subject")
    def told(self, message: Message) -> str:
        return message.title

    @admin.display(description=lazy("recipient"), ordering="recipient")
    def to(self, message: Message) -> str:
        if message.erased_at and message.channel != Channel.WEBHOOK:
            return redaction_marker(message.erased_at)
        return message.recipient

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Exclude messages that the user may not see, such as messages about restricted reports.

        The recipient of a message with a personal link has pre-release access. Only people who may edit the list may
        know who has access.
        """
        restricted = Report.objects.filter(kind__in=list(RESTRICTED)) | Report.objects.about_unpublished_early()
        hidden = restricted.exclude(pk__in=reports_where(request.user, ReportAction.VIEW).values("pk"))
        led = permissions.producers_where(request.user, Action.KNOW_EARLY_FINDINGS)
        lists = permissions.producers_where(request.user, Action.KEEP_ACCESS_LIST)
        rows = super().get_queryset(request).exclude(report__in=hidden.values("pk"))
        rows = rows.exclude(~Q(producer__in=lists) & Q(event__startswith=ACCESS_LINK))
        return rows.exclude(~Q(producer__in=led) & FOR_LEADS_ALONE).exclude(about_hidden_trainings(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse, because messages are created from events."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, because a message is sent again if its row is deleted."""
        return False


class PreferenceForm(forms.ModelForm[Preference]):
    """The form for a channel preference. It offers only the channels that the operator has set up."""

    class Meta:
        model = Preference
        fields = ("producer", "person", "channel", "webhook")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {*available_channels(), self.instance.channel}
        webhooks = sorted({"", *settings.WEBHOOKS, self.instance.webhook})
        choices = [("", "---------"), *((one, label) for one, label in Channel.choices if one in offered)]
        self.fields["channel"] = forms.ChoiceField(choices=choices)
        self.fields["webhook"] = forms.ChoiceField(
            choices=[(name, name or "---------") for name in webhooks],
            required=False,
            help_text=Preference._meta.get_field("webhook").help_text,
        )

    def clean_person(self) -> User | None:
        person: User | None = self.cleaned_data["person"]
        # `cleaned_data` has no producer in two cases. If the producer is invalid, the form already has an error for the
        # producer. If an existing preference is changed, the field is read-only.
        current = self.instance.producer if self.instance.pk else None
        producer = self.cleaned_data.get("producer", current)
        if person and producer and not roles_of(person, producer):
            sentence = _(
                "This person has no role at this producer. Select another person, or give this person a role first."
            )
            raise ValidationError(sentence)
        return person


@admin.register(Preference)
class PreferenceAdmin(HistoryAdmin[Preference]):
    """The admin page on which calendar managers edit channel preferences."""

    form = PreferenceForm
    list_display = ("producer", "person", "channel", "webhook")
    list_filter = ("channel",)
    list_select_related = ("producer", "person")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("producer",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        own = permissions.producers_where(request.user, Action.EDIT)
        if db_field.name == "producer":
            kwargs["queryset"] = own
        if db_field.name == "person":
            kwargs["queryset"] = User.objects.filter(memberships__producer__in=own, is_active=True).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
