"""Pages as a person uses them: what a form holds is read from the page, changed, and sent back."""

from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches.models import Report
from breaches.versions import content_of


def filled_in(page):
    """Read every field of a page's main form as a browser would send it."""
    tree = LexborHTMLParser(page)
    fields = {}
    form = next(form for form in tree.css("main form") if "logout" not in (form.attributes.get("action") or ""))
    for control in form.css("input, textarea, select"):
        name, kind = control.attributes.get("name"), control.attributes.get("type")
        if not name or (kind in {"checkbox", "radio"} and "checked" not in control.attributes):
            continue
        if control.tag == "textarea":
            value = control.text().removeprefix("\n")
        elif control.tag == "select":
            chosen = control.css_first("option[selected]") or control.css_first("option")
            value = chosen.attributes.get("value") or ""
        else:
            value = control.attributes.get("value") or ""
        fields.setdefault(name, []).append(value)
    return fields


def page_of(report, name, **more):
    """The address of one of a report's pages."""
    return reverse(f"breaches:{name}", kwargs={"reference": report.reference, **more})


def section_address(report, section):
    """The address of one section's page."""
    return reverse("breaches:section", args=[report.reference, section])


def send(client, address, page=None, **changes):
    """Open a page (or take one that was opened before), change some fields and send the form."""
    fields = filled_in(page if page is not None else client.get(address).text)
    return client.post(address, fields | {name.replace("__", "-"): value for name, value in changes.items()})


def said(report):
    """What a report says by now, read anew."""
    return content_of(Report.objects.get(pk=report.pk))


def status_of(report):
    """The present status of a report, read anew."""
    return Report.objects.get(pk=report.pk).status


def last_change(report):
    """The number that a form of a report carries by now."""
    return Report.objects.get(pk=report.pk).last_change


def words(page):
    """The visible text of a page's main part, with single spaces."""
    return " ".join(LexborHTMLParser(page).css_first("main").text(separator=" ").split())


def error_links(page):
    """The links of the error summary, with whether a control of that name is on the page."""
    tree = LexborHTMLParser(page)
    links = [link.attributes["href"] for link in tree.css(".govuk-error-summary a")]
    controls = {node.attributes.get("id") for node in tree.css("input, textarea, select")}
    return {link: link[1:] in controls for link in links if link.startswith("#")}
