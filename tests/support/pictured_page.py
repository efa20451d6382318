"""Take a picture of one page in a process of its own: `python -m tests.support.pictured_page HOST:PORT`.

It prints how the browser runs, and why there is no picture or how large it is, as JSON.
"""

import json
import sys
from dataclasses import dataclass

from releases.probe import browser as browser_module
from releases.probe.browser import Browser, find_chromium
from releases.probe.browser_process import Settings
from releases.rules.page_view import BrowserState, PageRequest, PageView


@dataclass(frozen=True, slots=True)
class Pictured:
    state: str
    failure: str
    picture: int


def take_picture(place: str) -> Pictured:
    settings = Settings(find_chromium(""), sandbox=True, user_agent="test", allow_private=(place,))
    with Browser(settings) as browser:
        state = browser.find_state()
        view = PageView(sent=0, done=0)
        if state is not BrowserState.DOES_NOT_START:
            browser.begin("page", PageRequest(f"http://{place}/", (place,), picture=True))
            while len(browser):
                for _, view in browser.collect(1.0):  # noqa: B007  # the only one
                    pass
    return Pictured(state.value, view.failure.value if view.failure else "", len(view.picture))


if __name__ == "__main__":
    browser_module.SECONDS_TO_BEGIN = 120.0  # on a very busy machine
    pictured = take_picture(sys.argv[1])
    sys.stdout.write(json.dumps([pictured.state, pictured.failure, pictured.picture]))
