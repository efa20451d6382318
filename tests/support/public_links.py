"""The feeds as a program reads them: events of calendars, entries of Atom feeds."""

from xml.etree import ElementTree as ET

import vobject

ATOM = {"atom": "http://www.w3.org/2005/Atom"}


def events(response):
    """Read the events of an iCalendar answer, by reference."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = vobject.readOne(response.content.decode())
    return {event.url.value.rstrip("/").rsplit("/", 1)[1]: event for event in calendar.contents.get("vevent", [])}


def feed(response):
    """Read an Atom answer: the root of its document."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314  # our own document


def entries(response):
    """Read the entries of an Atom answer: identifier, title, date, text, kind."""
    return [
        {
            "id": text(entry, "id"),
            "title": text(entry, "title"),
            "updated": text(entry, "updated"),
            "summary": text(entry, "summary"),
            "kind": entry.find("atom:category", ATOM).get("term"),
            "link": entry.find("atom:link", ATOM).get("href"),
        }
        for entry in feed(response).findall("atom:entry", ATOM)
    ]


def links(response):
    """Read where an Atom feed leads, by relation."""
    return {link.get("rel"): link.get("href") for link in feed(response).findall("atom:link", ATOM)}


def text(element, name):
    """Read the text of one child."""
    return element.find(f"atom:{name}", ATOM).text
