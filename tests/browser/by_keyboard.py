"""A person who has a keyboard and nothing else: each press is a real one, and where the cursor is must be seen."""

from playwright.sync_api import Page

MOST_PRESSES = 120
PAGE_END = "the end of the page"

# What a person with eyes and a keyboard needs of whatever has the cursor: it lies in the window, nothing lies over it,
# and it is visibly different from its state without the cursor.
SEEN = """(() => {
    const there = document.activeElement;
    const box = there.getClientRects()[0];
    if (!box) return "it is not drawn";
    const top = document.elementFromPoint(
        Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1),
        Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1));
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return "it is outside";
    const label = there.labels && there.labels[0];
    if (!top || !(there.contains(top) || top.contains(there) || (label && label.contains(top)))) return "it is covered";
    const drawn = label && getComputedStyle(there).opacity === "0" ? label : there;
    const pseudo = drawn === label ? "::before" : null;
    const style = () => {
        const found = getComputedStyle(drawn, pseudo);
        return [found.outlineStyle, found.outlineWidth, found.boxShadow, found.backgroundColor].join();
    };
    const withCursor = style();
    there.blur();
    const without = style();
    there.focus({preventScroll: true});
    return withCursor === without ? "it looks as without the cursor" : "";
})()"""

NAME = """(() => {
    const there = document.activeElement;
    const own = there.labels?.[0]?.textContent ?? there.getAttribute("aria-label") ?? there.textContent;
    return [there.tagName.toLowerCase(), own.trim().replace(/\\s+/g, " "), there.getAttribute("href") ?? ""];
})()"""

# A page that is asked once for both is asked in half the time.
NAMED_AND_SEEN = f"[...{NAME}, document.activeElement === document.body || {SEEN}]"

TAGS = {"link": {"a"}, "button": {"button"}, "field": {"input", "textarea", "select"}, "summary": {"summary"}}


class Keyboard:
    """Someone who goes through pages by the tab key and notes where they are."""

    def __init__(self, page: Page, *, has_scripts: bool = True) -> None:
        self.page = page
        self.has_scripts = has_scripts

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def arrived(self) -> None:
        """Wait until the page's scripts have begun, if it runs any: they put the cursor where an error is shown."""
        if self.has_scripts:
            self.page.wait_for_selector("[data-govuk-skip-link-init]", state="attached")

    def reach(self, kind: str, name: str, *, to: str = "") -> list[str]:
        """Press the tab key until a link, button or field of this name has the cursor, and return the elements passed.

        :param to: with what the address of a link begins, where several have the same name.
        From the page's end it goes on at its beginning, once.

        :raises AssertionError: if the whole page was passed, or if the cursor cannot be seen on the way.
        """
        passed: list[str] = []
        for _ in range(MOST_PRESSES):
            self.press("Tab")
            tag, own, address, unseen = self.page.evaluate(NAMED_AND_SEEN)
            if tag == "body" and PAGE_END in passed:
                break
            if tag == "body":
                passed.append(PAGE_END)
                continue
            assert unseen == "", f"{tag} “{own}” at {self.page.url}: {unseen}"
            if tag in TAGS[kind] and own == name and address.startswith(to):
                return passed
            passed.append(own)
        message = f"No {kind} “{name}” comes under the cursor at {self.page.url}; passed: {passed}"
        raise AssertionError(message)

    def follow(self, name: str, *, to: str = "") -> list[str]:
        """Go to a link and follow it, and return the elements passed on the way."""
        return self._leads_on("link", name, to=to)

    def push(self, name: str) -> list[str]:
        """Go to a button and push it, and return the elements passed on the way."""
        return self._leads_on("button", name)

    def write(self, name: str, text: str) -> None:
        """Go to a box and write into it."""
        self.reach("field", name)
        self.page.keyboard.type(text)

    def choose(self, name: str) -> None:
        """Go to a choice among radios, as the tab and arrow keys do, and take it."""
        for _ in range(MOST_PRESSES):
            self.press("Tab")
            if self.page.evaluate("document.activeElement.type") == "radio":
                break
        for _ in range(MOST_PRESSES):
            if self.page.evaluate(NAME)[1] == name and self.page.evaluate("document.activeElement.checked"):
                assert self.page.evaluate(SEEN) == ""
                return
            if self.page.evaluate(NAME)[1] == name:
                self.press("Space")
            else:
                self.press("ArrowDown")
        message = f"No choice “{name}” at {self.page.url}"
        raise AssertionError(message)

    def _leads_on(self, kind: str, name: str, *, to: str = "") -> list[str]:
        passed = self.reach(kind, name, to=to)
        with self.page.expect_navigation():
            self.press("Enter")
        self.arrived()
        return passed
