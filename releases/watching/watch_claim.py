"""What one sweep takes on: the plan in memory compared with the database, and the hosts leased for it."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import QuerySet

from releases.calendar.host_budgets import budgets_from_settings
from releases.core.looks import companions, pacing
from releases.core.looks.clock_error import Voucher
from releases.core.looks.pacing import budget_of
from releases.core.web_address import place_of
from releases.models import Address
from releases.record import coverage, leases
from releases.watching import askable, not_found_pages, unstored, watch_list, watch_round
from releases.watching.watch_round import Round

# Looks are planned in memory this far ahead. In its last hour a release is looked at every minute or more often, so
# that a sweep which has it in memory keeps it until it is due, even if the database goes away meanwhile.
HORIZON = timedelta(minutes=2)
# So long a watcher that lives may need to store what it saw while the database was away: it tries every two seconds,
# and not at all for some seconds before a look that decides a verdict.
LONGEST_WAIT_FOR_OTHERS = timedelta(seconds=12)
CLOCKS_COMPARED_EVERY = timedelta(minutes=5)


def claim(going: Round) -> None:
    """Compare the plan in memory with the database, and take in what falls due within the horizon."""
    now = going.clock.now()
    if not going.replayed:
        # The watcher was not alive in a replayed past, and must not seem to have watched anything real then.
        coverage.mark_alive(going.watcher, at=now)
        watch_round.take_in(going, unstored.store_left_behind(going.unstored, at=now))
    # Built once for three questions: a sweep asks them every two seconds.
    watched = watch_list.watched_addresses(now=now)
    watch_list.enrol(watched, now=now)
    _forget_what_changed(going, watched)
    due = watch_list.falling_due(watched, until=now + HORIZON, without=going.targets.keys())
    due = [address for address in due if address.release.rehearsal or not going.replayed]
    due, faults = askable.parted(due)
    going.faults += faults
    if _waits_for_others(going, now=now):
        due = []
    wanted = {place_of(address.url) for address in due} | {t.host for t in going.targets.values()}
    held = leases.claim(wanted, holder=going.watcher, now=now, look=going.look)
    going.held_since = {host: since for host, since in going.held_since.items() if host in held or host not in wanted}
    going.held_since |= {host: now for host in held if host not in going.held_since}
    for key in [key for key, target in going.targets.items() if target.host not in held]:
        del going.targets[key]
    mine = [address for address in due if place_of(address.url) in held]
    for target in watch_list.targets_of(mine):
        watch = target.address.watch
        target.next_look_at, target.live_since = watch.next_look_at, watch.live_since
        target.fresh_looks = companions.fresh_looks_by(now, due_at=target.due_at)
        going.targets[target.address.pk] = target
    _space_checks(going)
    if mine:
        not_found_pages.ask(going, now=now)
        _compare_clocks(going, now=now)


def _space_checks(going: Round) -> None:
    """Set how far apart the closest checks of each address are, from how many share its host and this process."""
    missing = [target for target in going.targets.values() if target.live_since is None]
    at_host = Counter((target.host, target.due_at) for target in missing)
    budgets = budgets_from_settings()
    closest = {
        (host, due_at): pacing.closest_checks(number, budget_of(host, budgets).for_the_watch, of_process=len(missing))
        for (host, due_at), number in at_host.items()
    }
    for target in missing:
        target.closest = closest[target.host, target.due_at]


def _waits_for_others(going: Round, *, now: datetime) -> bool:
    """Tell whether to take on nothing new yet, since another watcher that lives still has looks to store.

    While the database was away nobody could renew a lease; the watcher that held the hosts went on by its plan in
    memory, and whoever takes them before its looks are stored makes the same looks again.

    :param now: an aware instant; after `LONGEST_WAIT_FOR_OTHERS` the other is taken for one that hangs.
    """
    if not going.shelf.is_another_waiting:
        going.others_awaited_since = None
        return False
    going.others_awaited_since = going.others_awaited_since or now
    return is_waiting(going, now=now)


def is_waiting(going: Round, *, now: datetime) -> bool:
    """Tell whether a sweep still waits for another watcher to store its looks.

    :param now: an aware instant.
    """
    return going.others_awaited_since is not None and now - going.others_awaited_since < LONGEST_WAIT_FOR_OTHERS


def _compare_clocks(going: Round, *, now: datetime) -> None:
    """Ask the control hosts, which tell the time too, before it is needed; a script needs no comparison."""
    error = going.clock.error()
    compared = error.compared_at is not None and now - error.compared_at < CLOCKS_COMPARED_EVERY
    if error.voucher is Voucher.SCRIPT or compared or going.controls.asked_at is not None:
        return
    for control in going.controls.errands(now=now):
        going.look.start(control)


def _forget_what_changed(going: Round, watched: QuerySet[Address]) -> None:
    """Drop targets whose release was moved or cancelled, or which were made from what has changed since."""
    for key in watch_list.changed(going.targets, watched):
        del going.targets[key]
