"""What a page says only to machines is read, given as a reason, and proves nothing."""

import json

import pytest

from releases.detection.finding import CheckOutcome, Reason
from tests.support.release_pages import MUCH, page, shown


def examine_head(head: str):
    return shown(page(f"<h1>Road fuel prices</h1>{MUCH}", title="Road fuel prices", head=head))


def linked(*things: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(thing)}</script>' for thing in things)


@pytest.mark.parametrize(
    "name", ["description", "og:title", "twitter:title", "dcterms.temporal", "DC.title", "citation_title"]
)
def test_a_marker_in_a_meta_element_is_a_reason_to_ask_and_no_proof(name):
    for attribute in ("name", "property"):
        finding = examine_head(f'<meta {attribute}="{name}" content="Road fuel prices, Jun 2026">')
        assert (finding.result, finding.reasons) == (CheckOutcome.UNRECOGNISED, (Reason.MARKER_IN_META,))


@pytest.mark.parametrize(
    "things",
    [
        [{"@type": "Dataset", "name": "Road fuel prices, June 2026"}],
        [{"@type": "Article", "headline": "Prices in June 2026"}],
        [[{"@type": "Dataset", "temporalCoverage": "June 2026"}]],
        [{"@graph": [{"@type": "WebPage"}, {"@type": "Report", "name": "June 2026"}]}],
        ["no thing at all", {"@type": "Dataset", "name": "June 2026"}],
    ],
    ids=["name", "headline", "in a list", "in a graph", "beside a text"],
)
def test_a_marker_in_linked_data_is_a_reason_to_ask_and_no_proof(things):
    finding = examine_head(linked(*things))
    assert (finding.result, finding.reasons) == (CheckOutcome.UNRECOGNISED, (Reason.MARKER_IN_LINKED_DATA,))


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="keywords" content="June 2026">',
        '<meta name="description" content="Updated 9 June 2026">',
        linked({"@type": "BreadcrumbList", "name": "June 2026"}),
        linked({"@type": "Dataset", "isBasedOn": {"@type": "Dataset", "name": "June 2026"}}),
        linked({"name": "June 2026"}),
        '<script type="application/ld+json">{"@type": "Dataset", "name": "June 2026"</script>',
        f'<script type="application/ld+json">{"[" * 100_000}</script>',
    ],
    ids=["keywords", "another period", "a trail", "what it mentions", "of no type", "cut off", "too deep"],
)
def test_what_speaks_of_something_else_or_cannot_be_read_is_passed_over(head):
    assert examine_head(head).reasons == (Reason.NO_MARKER,)
