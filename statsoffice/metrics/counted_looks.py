"""How many looks are on record by what they showed, counted once and then only what was added."""

import threading
from collections import Counter

from django.db.models import Count

from releases.models import ChainHead, Observation

NO_HASH = ""


class CountedLooks:
    """The looks of the record's beginning up to a position, as this process counted them.

    Looks are only added, each after the one before, so that what was counted stays right. Where the look at that
    position is another one now, as after a restore, everything is counted anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = 0
        self._row_hash = NO_HASH
        self._counted: Counter[str] = Counter()

    def by_result(self) -> dict[str, int]:
        """Return how many looks are on record, by what they showed."""
        with self._lock:
            head = ChainHead.objects.filter(chain=Observation.CHAIN).first()
            if not self._is_still_there():
                self._position, self._row_hash, self._counted = 0, NO_HASH, Counter()
            if head and head.position > self._position:
                self._count_up_to(head)
            return dict(self._counted)

    def _is_still_there(self) -> bool:
        if not self._position:
            return True
        return Observation.objects.filter(position=self._position, row_hash=self._row_hash).exists()

    def _count_up_to(self, head: ChainHead) -> None:
        added = Observation.objects.filter(position__gt=self._position, position__lte=head.position)
        self._counted.update(dict(added.order_by().values_list("result").annotate(Count("pk"))))
        self._position, self._row_hash = head.position, head.row_hash
