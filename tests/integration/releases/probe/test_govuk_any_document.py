"""Whatever a site like GOV.UK answers, the adapter returns a result that can be stored, and accuses on no oddity."""

import json

from hypothesis import given
from hypothesis import strategies as st

from releases.detection.finding import CheckOutcome, publisher_from_json, publisher_to_json
from statsoffice.fake_publisher import govuk as govuk_pages
from tests.support.content_api import gone_document
from tests.support.govuk_documents import DUE, PATH, TITLE, after, examined, publication

DATES = st.sampled_from(
    [
        "2026-06-30T08:30:36.000+00:00",
        "2026-06-30T09:30:36+01:00",
        "2026-06-30T00:00:00+01:00",
        "2026-06-30 09:30",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "30 June 2026 9:30am",
        "31 June 2026 9:30am",
        "June 0000",
        "1 January 0001 0:30am",
    ]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | DATES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            "base_path",
            "details",
            "description",
            "document_type",
            "first_published_at",
            "public_updated_at",
            "publishing_scheduled_at",
            "redirects",
            "schema_name",
            "scheduled_publishing_delay_seconds",
            "title",
            "withdrawn_notice",
        ]
    ),
    ODD,
    max_size=4,
)
DETAILS = st.dictionaries(
    st.sampled_from(
        ["attachments", "body", "change_history", "display_date", "documents", "release_timestamp", "state"]
    ),
    ODD | st.lists(st.fixed_dictionaries({"public_timestamp": DATES | ODD, "note": ODD}), max_size=3),
    max_size=4,
)
SHAPES = st.sampled_from(
    [
        publication(),
        govuk_pages.announcement(PATH, TITLE, due_at=DUE),
        gone_document(PATH),
        govuk_pages.redirect(PATH, "/elsewhere"),
    ]
)


@given(shape=SHAPES, fields=FIELDS, details=DETAILS)
def test_any_document_is_told_and_what_the_publisher_says_can_be_stored(shape, fields, details):
    document = shape | {"details": shape["details"] | details} | fields
    finding = examined(document)
    stored = publisher_to_json(finding.publisher)
    assert publisher_from_json(json.loads(json.dumps(stored, ensure_ascii=False).encode())) == publisher_from_json(
        stored
    )


@given(
    fields=FIELDS.map(
        lambda fields: {
            name: value
            for name, value in fields.items()
            if name.startswith(("first", "public", "publishing", "scheduled", "redirects"))
        }
    ),
    details=st.dictionaries(st.just("change_history"), ODD, max_size=1),
)
def test_no_date_makes_a_publication_with_the_marker_in_its_title_anything_but_live(fields, details):
    document = publication() | fields
    document["details"] = document["details"] | details
    assert examined(document, at=after(30)).result is CheckOutcome.LIVE
