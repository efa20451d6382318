"""What a body is kept as, in words for people."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as lazy

from releases.core.judging.proof import Place, Why

_BEFORE, _SINCE = False, True
WORDS = {
    Place(Why.FIRST_SEEN, _BEFORE): lazy("the first that was seen"),
    Place(Why.ANNOUNCEMENT, _BEFORE): lazy("the announcement as it was last seen before the release was due"),
    Place(Why.LAST_BEFORE_DUE, _BEFORE): lazy("the last before it was due"),
    Place(Why.LAST_NOT_LIVE, _BEFORE): lazy("the last that was not live, before it was due"),
    Place(Why.LAST_NOT_LIVE, _SINCE): lazy("the last that was not live, since it was due"),
    Place(Why.FIRST_PARTIAL, _SINCE): lazy("the first that was missing while the page was live"),
    Place(Why.FIRST_LIVE, _BEFORE): lazy("the first that was live, before it was due"),
    Place(Why.FIRST_LIVE, _SINCE): lazy("the first that was live, since it was due"),
    Place(Why.FIRST_LIVE_FRESH, _BEFORE): lazy("the first that was live past the caches, before it was due"),
    Place(Why.FIRST_LIVE_FRESH, _SINCE): lazy("the first that was live past the caches, since it was due"),
}


def places_in_words(places: Sequence[Place]) -> str:
    """Say as what a look's body is kept: "The last before it was due; the last that was not live, before ..."."""
    sentence = "; ".join(str(WORDS[place]) for place in places)
    return sentence[:1].upper() + sentence[1:]
