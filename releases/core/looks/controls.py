"""Control looks at unrelated hosts: they tell a fault of our own from a fault of the publisher's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from releases.core.looks.answer import Answer
from releases.core.looks.errand import Errand

FRESH_FOR = timedelta(seconds=5)


@dataclass(slots=True)
class Controls:
    """The control addresses of the settings, and what they answered last."""

    urls: Sequence[str]
    asked_at: datetime | None = None
    waiting: set[str] = field(default_factory=set)
    answered: bool = True
    led_to: dict[str, str] = field(default_factory=dict)

    def errands(self, *, now: datetime) -> list[Errand]:
        """Return the control looks to make now: none if there are no controls or the last ones are fresh."""
        if not self.urls or (self.asked_at and now - self.asked_at < FRESH_FOR):
            return []
        self.asked_at, self.waiting, self.answered = now, set(self.urls), False
        self.led_to.clear()
        return [
            Errand(key=("control", url), url=url, allowed_hosts=frozenset({urlsplit(url).netloc}), planned_at=now)
            for url in self.urls
        ]

    def asked_for(self, errand: Errand) -> bool:
        """Tell whether an errand is a control look of the last round."""
        return errand.key == ("control", errand.url) and errand.planned_at == self.asked_at

    def take(self, url: str, answer: Answer) -> None:
        """Note what one control look brought: any answer from outside shows that our own side works."""
        self.waiting.discard(url)
        if answer.left_allowed_hosts:
            self.led_to[url] = urlsplit(answer.final_url).netloc
        self.answered = self.answered or answer.failure is None

    def lead_away_to(self, host: str) -> bool:
        """Tell whether every control look was led to this very host too: then a gateway of our own stands before all.

        :param host: as it stands in an address, with its port if it names one.
        """
        return bool(self.urls) and all(self.led_to.get(url) == host for url in self.urls)

    @property
    def pending(self) -> bool:
        """Whether a control look has not come back yet, and none has answered for itself so far."""
        back = len(self.urls) - len(self.waiting)
        return bool(self.waiting) and (not self.answered or len(self.led_to) == back)

    @property
    def fail(self) -> bool:
        """Whether every control look came back without an answer."""
        return bool(self.urls) and not self.waiting and not self.answered
