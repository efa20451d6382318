"""The probe: what the watcher looks through, a fetcher and the adapters that read what it brings."""

import unicodedata
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Self

from django.conf import settings

from releases.calendar.host_budgets import budgets_from_settings
from releases.core.judging.evidence import Expectation, Finding
from releases.core.looks.answer import Answer
from releases.core.looks.errand import Errand
from releases.core.looks.pacing import DEFAULT_BUDGET, Budget
from releases.probe.fetch import Fetcher
from releases.probe.registry import adapter_named

PRODUCT = "statsoffice-release-check"


class Probe:
    """Makes looks, many at a time, and examines what they brought."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """How many errands have been started and their answers not handed out yet."""
        return self._fetcher.in_flight

    @property
    def held_until(self) -> datetime | None:
        """When the first errand goes on, if each that has no answer yet waits for the end of a pause; else None."""
        return self._fetcher.held_until

    def fetched_address(self, adapter: str, url: str) -> str:
        """Return the address that an adapter fetches for an announced one.

        :raises NoSuchAdapterError: if no adapter has this name.
        """
        return adapter_named(adapter).address(url)

    def start(self, errand: Errand) -> None:
        """Begin an errand at once, or as soon as its host's budget allows."""
        self._fetcher.start(errand)

    def waits(self, key: Hashable) -> bool:
        """Tell whether the errand of a key waits for its turn, so that nothing of it has left this machine."""
        return self._fetcher.waits(key)

    def hand_turn(self, key: Hashable, errand: Errand) -> None:
        """Let an errand for the same address take the turn of the one of a key, which is never made then.

        :raises KeyError: if that one does not wait, or not any more.
        """
        self._fetcher.hand_turn(key, errand)

    def poll(self, timeout_seconds: float) -> list[tuple[Errand, Answer]]:
        """Return the answers that are complete, waiting for at least one, but not longer than this."""
        return self._fetcher.poll(timeout_seconds)

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """Return what an answer shows, as the adapter of this name reads it.

        :raises NoSuchAdapterError: if no adapter has this name.
        """
        return adapter_named(adapter).examine(answer, expectation)

    @property
    def pauses(self) -> Mapping[str, datetime]:
        """Until when which host or page is left alone, because it asked for that."""
        return self._fetcher.pauses

    def pause(self, name: str, *, until: datetime) -> None:
        """Leave a host or page alone until an aware instant; only decisive errands wait for the end of that."""
        self._fetcher.pause(name, until=until)

    def give_up_waits(self) -> None:
        """End what waits for the end of a pause, because this process has to end."""
        self._fetcher.give_up_waits()

    def rest(self, place: str, *, seconds: float) -> None:
        """Begin nothing at a host for so many seconds; what comes for it waits."""
        self._fetcher.rest(place, seconds=seconds)

    def close(self) -> None:
        """Give up what is in flight and close every connection."""
        self._fetcher.close()


def probe_from_settings(
    *, now: Callable[[], datetime], beside: bool = False, also_private: frozenset[str] = frozenset()
) -> Probe:
    """Make a probe as the operator set it up (STATSOFFICE_PROBE_BUDGETS and its siblings).

    :param now: the wall clock, real or of a rehearsal.
    :param beside: whether it is for looks beside the watch, which have a small part of each budget; a budget too
        small to be parted is used whole, and by one of the two at a time.
    :param also_private: "host:port" entries that this probe may ask on private networks, beside the operator's own.
    """

    def part_of(budget: Budget) -> Budget:
        return (budget.beside or budget) if beside else budget.for_the_watch

    return Probe(
        Fetcher(
            now=now,
            user_agent=user_agent(office=settings.OFFICE_NAME, contact=settings.PROBE_CONTACT),
            allow_private=settings.PROBE_ALLOW_PRIVATE | also_private,
            budgets={host: part_of(budget) for host, budget in budgets_from_settings().items()},
            default_budget=part_of(DEFAULT_BUDGET),
            proxy=settings.PROBE_PROXY,
            vantage=settings.PROBE_VANTAGE,
        )
    )


def user_agent(*, office: str, contact: str) -> str:
    """Write the name that every request carries: what this is, whose it is, and whom to ask.

    A header holds plain ASCII on one line without nested brackets, so accents and line breaks are dropped.
    """
    words = "; ".join(part for part in (_plain(office), _plain(contact)) if part)
    return f"{PRODUCT} ({words})" if words else PRODUCT


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(decomposed.replace("(", " ").replace(")", " ").split())
