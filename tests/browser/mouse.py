"""Someone who clicks in a browser and types without clicking."""

from playwright.sync_api import Page, expect


class Mouse:
    """Counts clicks; those that only confirm a decision are counted apart."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.confirmations = page, 0, 0

    def press(self, name: str) -> None:
        self.clicks += 1
        self._press(name)

    def confirm(self, name: str) -> None:
        self.confirmations += 1
        self._press(name)

    def select(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role("radio", name=name, exact=True).click()

    def open(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()

    def enter(self, box: str) -> None:
        """Put the cursor into a box in which a choice is found by typing, which a script makes."""
        self.clicks += 1
        self.page.wait_for_load_state("load")
        self.page.get_by_role("combobox", name=box).last.click()

    def write(self, box: str, text: str) -> None:
        """Type into the box that has the cursor already."""
        expect(self.page.get_by_role("textbox", name=box, exact=True)).to_be_focused()
        self.page.keyboard.type(text)

    def _press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).last.click()
