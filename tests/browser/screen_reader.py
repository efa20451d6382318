"""What a browser passes to a screen reader, and what would be unclear or tedious in it: beyond what axe finds."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession, Page

# Each was noticed in Orca before it was corrected, or resembles one that was.
UNCLEAR = r"""() => {
    const found = [];
    const words = (element) => element.textContent.trim().replace(/\s+/g, " ");
    const shown = (element) => element.checkVisibility();
    const described = (element) => (element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);

    // A link is heard alone in a list of links: by a verb or by the kind of a file nobody knows what it leads to.
    const verb = /^(change|edit|view|show|remove|withdraw|delete|correct|more|here|details|download( these)?)$/i;
    const kind = /^(csv|ods|xlsx|pdf|html)$/i;
    for (const link of document.querySelectorAll("main a[href]")) {
        const name = link.getAttribute("aria-label") ?? words(link);
        if ((verb.test(name) || kind.test(name)) && shown(link)) found.push(`the link “${name}” does not say what of`);
    }

    // Words of a caption and of its heading are one heading: something has to stand between them.
    for (const caption of document.querySelectorAll(":is(h1, h2, h3, h4) > [class*='govuk-caption']")) {
        const after = getComputedStyle(caption, "::after").content.replaceAll('"', "");
        const between = caption.nextSibling?.textContent.trim() ? words(caption) + after : ":";
        const before = caption.previousSibling?.textContent.trim() || caption.previousElementSibling;
        const led = !before || /:$/.test(words(caption.parentElement).split(words(caption))[0].trim());
        if (!/[:.?!,]\s*$/.test(between) || !led) found.push(`“${words(caption.parentElement)}” runs together`);
    }

    // Orca reads a time within a heading as a heading of its own.
    for (const time of document.querySelectorAll(":is(h1, h2, h3, h4, h5, h6) time")) {
        found.push(`“${words(time.closest("h1, h2, h3, h4, h5, h6"))}” is read out in pieces`);
    }

    // One hears of a table by its name, and of a cell by the headings of its row and column.
    for (const table of document.querySelectorAll("table")) {
        const name = table.caption ? words(table.caption) : table.getAttribute("aria-label") ?? "";
        if (!name) found.push(`a table has no name: ${words(table).slice(0, 60)}`);
        if (!table.querySelector("th")) found.push(`the table “${name}” has no headings`);
        for (const heading of table.querySelectorAll("th:not([scope])")) {
            found.push(`“${words(heading)}” heads no cells`);
        }
    }

    // What is read out by itself: the news of the desk and of a brief, errors, messages, and GOV.UK's own components.
    const ours = "#desk-summary, #brief-news, #passkey-error, .govuk-error-summary *, .govuk-notification-banner"
        + ", [class*=__sr-status]";
    const live = "[role=status], [role=alert], [role=log], [role=timer], [aria-live]";
    for (const region of document.querySelectorAll(live)) {
        if (!region.matches(ours)) found.push(`“${words(region).slice(0, 60)}” is read out by itself`);
    }

    // Parts that one can jump to stay few: tables that scroll are named groups, and months have headings. The service
    // navigation of GOV.UK is a section.
    const named = document.querySelectorAll("section[aria-labelledby]");
    if (named.length > 3) found.push(`${named.length} sections are landmarks`);
    const others = ":not(.govuk-notification-banner, .govuk-service-navigation)";
    const regions = document.querySelectorAll(`[role=region]${others}, section[aria-label]${others}`);
    if (regions.length) found.push(`${regions.length} more landmarks than the parts of the page`);

    // A field in error says so, and its hint, when one comes to it.
    for (const message of document.querySelectorAll(".govuk-error-message")) {
        const group = message.closest(".govuk-form-group--error, .govuk-form-group");
        const told = [...(group?.querySelectorAll("input, textarea, select, fieldset") ?? [])].flatMap(described);
        if (!told.includes(message.id)) found.push(`no field says “${words(message)}”`);
    }
    for (const hint of document.querySelectorAll(".govuk-hint[id]")) {
        const told = document.querySelector(`[aria-describedby~="${CSS.escape(hint.id)}"]`);
        if (!told) found.push(`nothing says the hint “${words(hint)}”`);
    }
    for (const element of document.querySelectorAll("[aria-describedby]")) {
        for (const id of described(element)) {
            if (!document.getElementById(id)) found.push(`“${element.id}” is described by what is not there: ${id}`);
        }
    }
    return found;
}"""


def unclear(page: Page) -> list[str]:
    """Say what a user of a screen reader would not understand on this page, or what is repeated too often."""
    return page.evaluate(UNCLEAR)


# Parts of which only the name is read out, and not their content.
WHOLE = {"heading", "link", "button", "textbox", "checkbox", "radio", "combobox", "image", "DisclosureTriangle"}
# Parts that are read out when the cursor enters them.
ENTERED = {"banner", "navigation", "main", "contentinfo", "alert", "status", "group", "table", "list", "form", "region"}
SILENT = {"InlineTextBox", "ListMarker"}


def spoken(page: Page) -> list[str]:
    """Return what Chromium passes to a screen reader for the whole page, in the order of reading, one part to a line.

    A line says what a part is, its name, its state and what describes it, such as "heading 1: Desk" and
    "textbox: Email, required".
    """
    page.wait_for_load_state()
    nodes = _tree(page.context.new_cdp_session(page))
    root = next(node for node in nodes.values() if "parentId" not in node)
    return [line for line in _lines(root, nodes) if line]


def focused(page: Page) -> str:
    """Return what is read out of the part that has the cursor."""
    nodes = _tree(page.context.new_cdp_session(page))
    there = [node for node in nodes.values() if _states(node).get("focused") and _role(node) != "RootWebArea"]
    return _line(there[-1]) if there else ""


def _tree(devtools: CDPSession) -> dict[str, dict[str, Any]]:
    nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
    devtools.detach()
    return {node["nodeId"]: node for node in nodes}


def _lines(node: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> Iterator[str]:
    if not node["ignored"] and _role(node) not in SILENT:
        yield _line(node)
        if _role(node) in WHOLE:
            return
    for child in node.get("childIds", ()):
        if child in nodes:
            yield from _lines(nodes[child], nodes)


def _line(node: dict[str, Any]) -> str:
    role, states = _role(node), _states(node)
    name = " ".join(str(node.get("name", {}).get("value", "")).split())
    if role == "StaticText":
        return name
    if role not in WHOLE | ENTERED:
        return ""
    told = [f"{role} {states['level']}: {name}" if role == "heading" else f"{role}: {name}"]
    told += [state for state in ("required", "checked", "expanded") if states.get(state) in (True, "true")]
    if states.get("invalid") == "true":
        told.append("invalid")
    description = " ".join(str(node.get("description", {}).get("value", "")).split())
    return ", ".join([*told, description] if description else told)


def _role(node: dict[str, Any]) -> str:
    return str(node.get("role", {}).get("value", ""))


def _states(node: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each["value"].get("value") for each in node.get("properties", ())}
