"""What happened to announced releases as an Atom feed (RFC 4287, with the pages of RFC 5005)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from releases.core.announced import Change
from releases.readers.public_words import account_of, headline, readable

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
# The date of a feed that nothing has happened to yet: the same bytes whenever it is asked for.
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FeedTitled:
    """What a feed is called, who writes it, and the addresses of the page that shows the same and of its own pages."""

    name: str
    office: str
    page: str
    links: Mapping[str, str]


class _Pages(Atom1Feed):
    """An Atom feed with links to its other pages, whose date is that of its newest entry and never that of asking."""

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=NOTHING_YET)

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for relation, address in self.feed["links"].items():
            handler.addQuickElement("link", "", {"rel": relation, "href": address})


def change_feed(changes: Iterable[Change], *, titled: FeedTitled, releases_at: str) -> bytes:
    """Return an Atom feed of changes in their order.

    An entry is dated by when the change was announced, and a publication by when it was announced for; one whose reason
    was put right keeps its identifier and its place, and is updated.

    :param releases_at: the address below which each release has its page, ending with a slash.
    """
    feed = _Pages(
        title=readable(titled.name),
        link=titled.page,
        description=None,
        language="en-GB",
        author_name=readable(titled.office),
        feed_guid=titled.links["first"],
        links=titled.links,
    )
    for change in changes:
        release = change.release
        feed.add_item(
            title=headline(change),
            link=f"{releases_at}{release.reference}/",
            # Read as HTML: what people typed is escaped here, and once more as XML.
            description="".join(f"<p>{escape(line)}</p>" for line in _lines(change)),
            unique_id=change.id.urn,
            pubdate=change.at,
            updateddate=change.updated_at,
            categories=[change.kind.value],
        )
    written = BytesIO()
    feed.write(written, "utf-8")
    return written.getvalue()


def _lines(change: Change) -> list[str]:
    release = change.release
    return [*account_of(change).split("\n"), readable(f"{release.producer.name} · {release.series.name}")]
