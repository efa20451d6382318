"""The adapter for any web page or file: fetches the announced address itself."""

from releases.core.judging import evidence
from releases.core.judging.evidence import Expectation, Finding
from releases.core.looks.answer import Answer


class Page:
    """Looks at what any reader of the announced address would be shown."""

    name = "page"
    reads = "any web page or file, as a reader is shown it"

    def address(self, url: str) -> str:
        """Return the announced address unchanged."""
        return url

    def leads_to(self, body: bytes, *, url: str) -> str:  # an adapter's signature
        """Return nothing: a page's reader stays where the page is."""
        return ""

    def examine(self, answer: Answer, expectation: Expectation) -> Finding:
        """Return what the answer shows, by the rules that hold for every site."""
        return evidence.examine(answer, expectation)
