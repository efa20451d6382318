"""The wording of cited practices: where nobody has compared it with the Code, a lead does so for one report."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.completing import editing
from breaches.completing.editing import Saved
from breaches.core.content import CitedPractice, ReportContent
from breaches.core.remarks import Section
from breaches.core.status import EDIT
from breaches.models import Report
from breaches.permissions import moves_open_to
from breaches.reports.versions import content_of, record
from releases.core.lifecycle import MoveRefused, SomethingMissing
from releases.core.roles import LEADS
from releases.permissions import Person, roles_of

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class NotYoursToConfirm(MoveRefused):
    """Only a Head of Profession or a deputy confirms a wording, while they may edit the report."""


def key_of(practice: CitedPractice) -> str:
    """Name a practice by its edition and code."""
    return f"{practice.edition} {practice.code}"


def unconfirmed(content: ReportContent) -> tuple[CitedPractice, ...]:
    """Return the practices that a report cites in a wording that nobody has compared with the Code."""
    return tuple(practice for practice in content.practices if not practice.confirmed)


def may_confirm(person: Person, report: Report) -> bool:
    """Tell whether a person may confirm wordings for a report as it stands."""
    return bool(LEADS & roles_of(person, report.producer)) and EDIT in moves_open_to(person, report)


def settle(
    report: Report, wordings: Mapping[str, str | None], *, expected_version: int, by: "User", at: datetime
) -> Saved:
    """Confirm the wording of unconfirmed practices for this report alone, or leave them out of it.

    The list of the Code stays as it is; what is confirmed here is the copy that this report cites.

    :param wordings: by the practice's key the wording as this person has read it in the Code, or None to leave the
        practice out; one that is not among them stays as it is.
    :param expected_version: the number of the version that the person read.
    :raises SomethingMissing: if a wording is empty.
    :raises NotYoursToConfirm: if the person is no lead, or may not edit the report as it stands.
    :raises SomebodyWasFaster: if somebody else changed the practices meanwhile.
    """
    if not may_confirm(by, report):
        raise NotYoursToConfirm(_("Only the Head of Profession or a deputy confirms a wording."))
    if any(text is not None and not text.strip() for text in wordings.values()):
        raise SomethingMissing("text", _("Write the practice as the Code has it."))
    settled = [_settled(practice, wordings) for practice in content_of(report).practices]
    with transaction.atomic():
        saved = editing.save_section(
            report,
            section=Section.CIRCUMSTANCES,
            only=("practices",),
            values={"practices": tuple(practice for practice in settled if practice)},
            expected_version=expected_version,
            by=by,
            at=at,
            # To read the Code is a lead's part of an approval; to strike a practice out is to write.
            why="edited" if None in wordings.values() else "wording",
        )
        confirmed = sorted(key for key, text in wordings.items() if text is not None)
        left_out = sorted(key for key, text in wordings.items() if text is None)
        if saved.changed:
            record(saved.report, "wording_settled", at=at, by=by, confirmed=confirmed, left_out=left_out)
    return saved


def _settled(practice: CitedPractice, wordings: Mapping[str, str | None]) -> CitedPractice | None:
    if practice.confirmed or key_of(practice) not in wordings:
        return practice
    text = wordings[key_of(practice)]
    return None if text is None else replace(practice, text=text.strip(), confirmed=True)
