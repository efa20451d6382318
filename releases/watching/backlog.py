"""A watcher that reads more slowly than it looks: it looks less often, except where a verdict is decided."""

import logging

from releases.watching.watch_list import Target
from releases.watching.watch_round import Round

logger = logging.getLogger(__name__)

# A few seconds' reading, and two looks at each of a thousand addresses.
MOST_UNREAD = 2500


def stands_for_next(going: Round, target: Target) -> bool:
    """Tell whether the last look at an address stands for the next one too, because nobody has read its answer yet.

    So it is while more than `MOST_UNREAD` answers wait: more of them would only take memory, and let those that were
    seen live wait the longer for their verdict. A look at the due instant or at the limit is always made.
    """
    if target.next_decides or going.unread <= MOST_UNREAD:
        return False
    return going.newest.get(target.address.pk) in going.flying


def count_left_out(going: Round, number: int) -> None:
    """Count looks that were left out, and tell the operator when that begins and when it is over."""
    if number and not going.left_out:
        logger.warning(
            "more than %d answers wait to be read; until they are, addresses among them are looked at less often",
            MOST_UNREAD,
        )
    going.left_out += number
    if going.left_out and not going.unread:
        logger.warning("the answers that waited are read; %d looks were left out meanwhile", going.left_out)
        going.left_out = 0
