"""What people said of drafts beside their text, as far as it holds for the report that these become, and back again."""

from collections.abc import Iterable, Sequence
from typing import Any

from breaches.core.account.joint_text import texts
from breaches.models import Report


def to_joint(drafts: Sequence[Report]) -> dict[str, Any]:
    """Return the columns of a joint report in which it goes on from its drafts.

    The time to decide runs from the first of them, and whoever was first to deal with one deals with all of it. What
    was found out of some alone is not said of the others: a cause is carried where all drafts name the same, and when
    it was made available, or why nobody knows, where all say the same.
    """
    return (
        {"drafted_at": min(draft.drafted_at for draft in drafts)}
        | _first_dealing(drafts)
        | _cause_of_all(drafts)
        | _available_of_all(drafts)
    )


def to_draft(draft: Report, *, joint: Report, drafts: Iterable[Report]) -> dict[str, Any]:
    """Return the columns of a draft that change as it goes on by itself.

    Where nobody deals with it, it is whoever said so of the joint report, and not of another draft.

    :param drafts: all that had become the joint report.
    """
    brought = {(one.person_dealing_id, one.dealing_since) for one in drafts}
    if draft.person_dealing_id or (joint.person_dealing_id, joint.dealing_since) in brought:
        return {}
    return {"person_dealing_id": joint.person_dealing_id, "dealing_since": joint.dealing_since}


def _first_dealing(drafts: Iterable[Report]) -> dict[str, Any]:
    said = [(draft.dealing_since, draft.person_dealing_id) for draft in drafts if draft.dealing_since]
    since, person = min(said, default=(None, None))
    return {"person_dealing_id": person, "dealing_since": since}


def _cause_of_all(drafts: Sequence[Report]) -> dict[str, Any]:
    if len({draft.cause for draft in drafts}) > 1:
        return {}
    return {"cause": drafts[0].cause, "cause_words": texts(draft.cause_words for draft in drafts)}


def _available_of_all(drafts: Sequence[Report]) -> dict[str, Any]:
    said = {(draft.available_at, draft.available_unknown) for draft in drafts}
    if len(said) > 1:
        return {}
    ((at, unknown),) = said
    return {"available_at": at, "available_unknown": unknown}
