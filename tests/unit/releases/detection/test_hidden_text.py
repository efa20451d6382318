"""What a page's own styles hide: the ways of style sheets that the corpus (tests/corpus/hidden.py) does not show."""

import pytest

from releases.detection.page_text import read_page
from releases.detection.styles import MOST_CHARACTERS

NAMED = "June 2026 prices"
DIGITS = "1" * 5_000
HIDES = {
    "combinators": (
        "<style>main > div .x{display:none}</style>",
        f"<main><div><section class=x><p>{NAMED}</p></section></div></main>",
    ),
    "clip": ("<style>.x{position:absolute;width:1px;height:1px;clip:rect(0 0 0 0)}</style>", f"<p class=x>{NAMED}</p>"),
    "a clip path": ("", f"<p style='clip-path:inset(50%)'>{NAMED}</p>"),
    "translate": ("", f"<p style='transform:translateX(-9999px)'>{NAMED}</p>"),
    "a calculation": ("", f"<p style='margin-left:calc(-9999px - 1em)'>{NAMED}</p>"),
    "filter": ("", f"<p style='filter:opacity(0%)'>{NAMED}</p>"),
    "content visibility": ("", f"<p style='content-visibility:hidden'>{NAMED}</p>"),
    "an important rule": (
        "<style>p.x{display:none!important}</style>",
        f"<p class=x style='display:block'>{NAMED}</p>",
    ),
    "on screens": ("<style>@media screen and (min-width:600px){.x{display:none}}</style>", f"<p class=x>{NAMED}</p>"),
    "nested": ("<style>.a{.x{display:none}}</style>", f"<div class=a><p class=x>{NAMED}</p></div>"),
    "nested with its parent": ("<style>.a{& .x{display:none}}</style>", f"<div class=a><p class=x>{NAMED}</p></div>"),
    "layer": ("<style>@layer u{.x{display:none}}</style>", f"<p class=x>{NAMED}</p>"),
    "an attribute": ("<style>[data-h='1']{display:none}</style>", f"<p data-h=1>{NAMED}</p>"),
    "any of several selectors": ("<style>:is(.x,.y){display:none}</style>", f"<p class=x>{NAMED}</p>"),
    "any of several selectors, as if they were none": (
        "<style>:where(.x,.y){display:none}</style>",
        f"<p class=x>{NAMED}</p>",
    ),
    "sibling": ("<style>h1 + p{display:none}</style>", f"<h1>A</h1><p>{NAMED}</p>"),
    "font shorthand": ("<style>.x{font:0/0 a}</style>", f"<p class=x>{NAMED}</p>"),
    "a selector that is not evaluated": ("<style>body:has(p) .x{opacity:0}</style>", f"<p class=x>{NAMED}</p>"),
    "attributes": ("", f"<body bgcolor=white><font color='#ffffff'>{NAMED}</font>"),
    "a movement that does not end in view": (
        "<style>.x{opacity:0;animation:in 1s}@keyframes in{from{opacity:0}}</style>",
        f"<p class=x>{NAMED}</p>",
    ),
    "every second child": ("<style>p:nth-child(2n){display:none}</style>", f"<p>a</p><p>{NAMED}</p>"),
    "the first child": ("<style>p:first-child{display:none}</style>", f"<p>{NAMED}</p>"),
    "shown again by a selector that is not evaluated": (
        "<style>.x{display:none}p:nth-last-child(9){display:block}</style>",
        f"<p class=x>{NAMED}</p>",
    ),
    "a part of a colour that is larger than white": (
        "",
        f"<div style='background:#fff'><p style='color:rgb(1e200%,1e200%,1e200%)'>{NAMED}</p></div>",
    ),
    "the colour of the element around it": (
        "",
        f"<div style='background:#fff;color:#fff'><p style='color:currentcolor'>{NAMED}</p></div>",
    ),
    "faint text": (
        "",
        f"<div style='background:#000'><p style='color:rgba(255,255,255,.06)'>{NAMED}</p></div>",
    ),
    "a condition": ("<style>@supports (display:grid){.x{display:none}}</style>", f"<p class=x>{NAMED}</p>"),
}
SHOWS = {
    "style media print": ("<style media=print>.x{display:none}</style>", f"<p class=x>{NAMED}</p>"),
    "without scripts": ("<noscript><style>.x{display:none}</style></noscript>", f"<p class=x>{NAMED}</p>"),
    "inline over": ("<style>.t{display:none}</style>", f"<p class=t style='display:block'>{NAMED}</p>"),
    "hover": ("<style>.t:hover{opacity:0}</style>", f"<p class=t>{NAMED}</p>"),
    "a pseudo-element": ("<style>.t::before{display:none}</style>", f"<p class=t>{NAMED}</p>"),
    "gradient text": (
        "<style>h1{background:linear-gradient(red,blue);-webkit-background-clip:text;color:transparent}</style>",
        f"<h1>{NAMED}</h1>",
    ),
    "margin": ("", f"<p style='margin-left:-15px'>{NAMED}</p>"),
    "overflow": ("<style>.x{height:400px;overflow:hidden;max-width:100%}</style>", f"<p class=x>{NAMED}</p>"),
    "dark on light": ("<style>body{color:#0b0c0c;background-color:#f3f2f1}</style>", f"<p>{NAMED}</p>"),
    "not matched child": ("<style>main > .x{display:none}</style>", f"<main><div><p class=x>{NAMED}</p></div></main>"),
    "dark mode": ("<style>@media (prefers-color-scheme:dark){body{color:#fff}}</style>", f"<p>{NAMED}</p>"),
    "a checked box": (
        "<style>.p{display:none}input:checked ~ .p{display:block}</style>",
        f"<input type=radio checked><p class=p>{NAMED}</p>",
    ),
    "a condition that is no number": (
        "<style media='(min-width:1.2.3px)'></style><style>@media (width > 1.2.3px){.y{display:none}}</style>",
        f"<p class=x>{NAMED}</p>",
    ),
    "broken rule": ("<style>.x{{{</style>", f"<p class=x>{NAMED}</p>"),
    "where it begins": ("<style>@starting-style{.x{opacity:0}}</style>", f"<p class=x>{NAMED}</p>"),
    "none of several selectors": ("<style>:is(.y,.z){display:none}</style>", f"<p class=x>{NAMED}</p>"),
    "after the first child": ("<style>p:first-child{display:none}</style>", f"<h1>A</h1><p>{NAMED}</p>"),
    "shown again as a child": (
        "<style>.x{display:none}p:nth-child(1){display:block}</style>",
        f"<p class=x>{NAMED}</p>",
    ),
    "half transparent text": ("", f"<body style='background:#000'><p style='color:#fff;opacity:.5'>{NAMED}</p>"),
    "another child": ("<style>p:nth-child(2){display:none}</style>", f"<p class=x>{NAMED}</p><p>b</p>"),
    "a height of at least nothing": ("", f"<p style='min-height:0;line-height:1.5'>{NAMED}</p>"),
    "moved a little": ("<style>.x{transform:translateY(20px)}</style>", f"<p class=x>{NAMED}</p>"),
}


def read(head, body):
    return read_page(f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}<p>Other</p></body></html>")


@pytest.mark.parametrize("way", HIDES)
def test_text_that_the_styles_hide_is_no_part_of_what_readers_see(way):
    page = read(*HIDES[way])
    assert "june" not in page.text
    assert any("june 2026" in block.text for block in page.hidden)
    assert "other" in page.text


@pytest.mark.parametrize("way", SHOWS)
def test_text_that_readers_see_stays(way):
    page = read(*SHOWS[way])
    assert "june 2026" in page.text
    assert not any("june" in block.text for block in page.hidden)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(f"<style>{'a{color:red}' * (MOST_CHARACTERS // 12 + 1)}</style>", "", id="a long sheet"),
        pytest.param("<style>" + "a{" * 5_000 + "</style>", "", id="deep nesting"),
        pytest.param(f"<style>{':not(' * 3_000}p{')' * 3_000}{{display:none}}</style>", "", id="deep selector"),
        pytest.param("<style>" + f"{','.join('a' * 100)}{{" * 5 + "display:none</style>", "", id="many by nesting"),
        pytest.param("<style>" + "".join(f"*[a{i}]{{top:0}}" for i in range(2_000)) + "</style>", "<p>x</p>" * 2_000,
                     id="many for every element"),
        pytest.param("<style>:is(" + ",".join(f".a{i}" for i in range(20_000)) + "){top:0}</style>", "<p>x</p>" * 2_000,
                     id="a long list for every element"),
        pytest.param("", "".join(f"<p style='margin-left:{i}px'>x</p>" for i in range(11_000)), id="many attributes"),
        pytest.param("", f"<p style='{'color:red;' * 2_000}'>x</p>", id="a long attribute"),
        pytest.param(f"<style>p{{z-index:{DIGITS}}}</style>", "", id="a number of too many digits"),
        pytest.param(f"<style>p:nth-child({DIGITS}n+1){{top:0}}</style>", "", id="a step of too many digits"),
        pytest.param("", f"<p style='top:0;background:url(x);z-index:{DIGITS}'>x</p>", id="such an attribute"),
        pytest.param(f"<style>p{{color:rgb({'9' * 400},0,0)}}</style>", "<p>x</p>", id="too large a part of a colour"),
    ],
)  # fmt: skip
def test_styles_that_cannot_be_read_in_time_or_at_all_are_not_known(head, body):
    page = read(head, body)
    assert not page.styles_known
    assert "other" in page.text


def test_pictures_and_fonts_in_a_sheet_do_not_count_as_its_length():
    page = read(f"<style>@font-face{{src:url(data:font/woff2;base64,{'A' * MOST_CHARACTERS})}}</style>", NAMED)
    assert page.styles_known
    assert "june 2026" in page.text


def test_a_selector_is_matched_from_the_root_downwards_however_deep_the_page_is():
    """Going back through the ancestors of each element takes longer than anyone waits."""
    depth = 500
    nested = "<div>" * depth + "<b class=x>t</b>" * 500 + "</div>" * depth
    page = read("<style>i div div div div .x, div div div div div .y{display:none}</style>", f"{nested}<p>{NAMED}</p>")
    assert page.styles_known
    assert "june 2026" in page.text


@pytest.mark.parametrize("style", ["display:none;visibility:hidden", "position:absolute;left:-9999px"])
def test_a_frame_that_the_styles_hide_is_none_that_readers_see(style):
    assert read("", "<iframe src=/x></iframe>").has_frame
    assert not read("", f"<iframe src=/x style='{style}'></iframe>").has_frame
