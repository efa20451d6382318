"""How long the names on lists of pre-release access are kept, over both apps."""

from datetime import datetime

from django.conf import settings

from breaches import facts
from releases import pre_release_list
from releases.pre_release_list import Erased


def erase_old(*, now: datetime, dry_run: bool = False) -> Erased:
    """Erase the names that are older than PRE_RELEASE_NAMES_KEPT, unless a report about their list is undecided.

    Safe to call again and again: what is gone is not erased twice.

    :param now: the aware instant of erasing.
    :param dry_run: count what would be erased, and erase nothing.
    """
    return pre_release_list.erase_old_names(
        now=now, kept_for=settings.PRE_RELEASE_NAMES_KEPT, needed=facts.releases_with_needed_names, dry_run=dry_run
    )
