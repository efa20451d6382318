"""The history of a row in the admin site: what happened to a release, what was changed of anything else, by whom."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from releases.admin.access import ByProducer
from releases.models import Release
from releases.words import event_wording

MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, at an aware instant, by whom (empty: the system), with what was changed."""

    at: datetime
    who: str
    what: str
    details: Sequence[str]


class WithHistory[M: Model](ByProducer[M]):
    """Shows the history of a row as the record has it; it leads nowhere back, so that no rule is passed by it."""

    object_history_template = "admin/releases/object_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what happened to one row."""
        row = self.get_object(request, unquote(object_id))
        entries = list(_of_release(row) if isinstance(row, Release) else _of_row(row))
        context = {"entries": entries[:MOST_ENTRIES], "left_out": max(0, len(entries) - MOST_ENTRIES)}
        return super().history_view(request, object_id, {**context, **(extra_context or {})})


def _of_release(release: Release) -> Iterator[Entry]:
    events = release.events.select_related("actor").order_by("-position")
    for event in events[: MOST_ENTRIES + 1]:
        yield Entry(event.at, _name(event.actor), event_wording.sentence(event), list(event_wording.details(event)))


def _of_row(row: Any) -> Iterator[Entry]:
    versions = list(row.history.select_related("history_user").order_by("-history_date", "-history_id"))
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        who = _name(version.history_user)
        if version.history_type == "+" or before is None:
            yield Entry(version.history_date, who, _("Added"), [])
        else:
            yield Entry(version.history_date, who, _("Changed"), list(_differences(version, before)))


def _differences(version: Any, before: Any) -> Iterable[str]:
    for change in version.diff_against(before, foreign_keys_are_objs=True).changes:
        name = version.instance_type._meta.get_field(change.field).verbose_name
        yield event_wording.changed(name, _shown(change.old), _shown(change.new))


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else str(value)


def _name(person: Any) -> str:
    return str(person) if person else ""
