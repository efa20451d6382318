"""Pages whose own styles hide the text that names the edition from readers, and pages that only appear to."""

from releases.detection.finding import Reason
from tests.corpus.case import Case, Right, one, several
from tests.corpus.layouts import PROSE, bare

LIVE, NOBODY = Right.LIVE, Right.NOBODY
_NAMED = "<h2>Road fuel prices, June 2026</h2>"


def page(part: str, *, styles: str = "") -> bytes:
    """Write a page whose title and main heading name no edition."""
    head = f"<style>{styles}</style>" if styles else ""
    return bare("Road fuel prices", f"<h1>Road fuel prices</h1>{part}{PROSE}", head=head)


def hidden(name: str, why: str, part: str, *, styles: str = "") -> Case:
    """Make a case of text that is there for programs alone."""
    return one(f"hidden-{name}", why, NOBODY, page(part, styles=styles), reason=Reason.MARKER_HIDDEN)


def honest(name: str, why: str, part: str, *, styles: str = "") -> Case:
    """Make a case of text that readers see."""
    return one(f"seen-{name}", why, LIVE, page(part, styles=styles))


def _in(style: str) -> str:
    return f'<section style="{style}">{_NAMED}</section>'


_HIDDEN = (
    hidden("by-a-rule", "A rule of the page's own style sheet.", f"<div class=next>{_NAMED}</div>",
           styles=".next { display: none }"),
    hidden("around-it", "A rule that hides a part in which the text stands.",
           f"<div id=panel><div><ul><li>{_NAMED}</li></ul></div></div>",
           styles="main #panel, #panel { visibility: hidden }"),
    hidden("transparent", "It has no opacity.", _in("opacity: 0")),
    hidden("left-of-the-screen", "It stands left of the screen.", _in("position: absolute; left: -9999px")),
    hidden("indented-away", "Its lines begin left of the screen.", _in("text-indent: -10000px; white-space: nowrap")),
    hidden("without-height", "It has no height and nothing shows beyond it.", _in("height: 0; overflow: hidden")),
    hidden("letters-of-no-size", "Its letters have no size.", _in("font-size: 0")),
    hidden("white-on-white", "White letters on a white page.", _in("color: #fff")),
    hidden("same-colour", "Letters in the colour of the box around them.",
           f"<div class=box><div class=text>{_NAMED}</div></div>",
           styles=".box { background: #0b0c0c } .text, .text h2 { color: rgb(11, 12, 12) }"),
    hidden("transparent-letters", "Its letters are transparent.", _in("color: transparent")),
    hidden("clipped", "It is cut to nothing, as text for screen readers is.", f"<div class=sr>{_NAMED}</div>",
           styles=".sr { position: absolute; clip: rect(0 0 0 0); width: 1px; height: 1px; margin: -1px }"),
    hidden("scaled-to-nothing", "It is made as small as a point.", _in("transform: scale(0)")),
    hidden("by-an-important-rule", "The rule goes before the style of the element.",
           f'<div class=next style="display:block">{_NAMED}</div>',
           styles="@media screen { .next { display: none !important } }"),
    hidden("by-a-variable", "The value stands elsewhere.", f"<div class=next>{_NAMED}</div>",
           styles=":root { --shown: none } .next { display: var(--shown) }"),
    hidden("closed-accordion", "A panel that a script opens: readers of the page as it is see its heading alone.",
           f"<div class=accordion><button>Latest</button><div class=panel>{_NAMED}</div></div>",
           styles=".accordion .panel { max-height: 0; overflow: hidden }"),
    hidden("visually-hidden-pattern", "The pattern of the GOV.UK design system for text that only screen readers read.",
           f"<div class=for-screen-readers>{_NAMED}</div>",
           styles=".for-screen-readers{position:absolute!important;width:1px!important;height:1px!important;margin:0!important;"
           "overflow:hidden!important;clip:rect(0 0 0 0)!important;clip-path:inset(50%)!important;border:0!important;"
           "white-space:nowrap!important}"),
    several(
        "hidden-on-a-page-that-does-not-change",
        "Readers see the page of before. For those who run its script it may be the release.",
        (-5, page(""), NOBODY),
        (1, page(_in("display: none")), NOBODY),
    ),
    several(
        "hidden-in-a-closed-tab-of-a-page-that-does-not-change",
        "Readers who open the tab see the new edition.",
        (-5, page(f"<div hidden>{_NAMED.replace('June', 'May')}</div>"), NOBODY),
        (1, page(f"<div hidden>{_NAMED}</div>"), NOBODY),
    ),
    one(
        "styles-too-long-to-read",
        "Nobody knows what half a megabyte of styles hides.",
        NOBODY,
        page(_NAMED, styles=".a { color: red }" * 30_000),
        reason=Reason.STYLES_UNREAD,
    ),
)  # fmt: skip
_SEEN = (
    honest("but-not-in-print", "Hidden in print alone.", f"<div class=next>{_NAMED}</div>",
           styles="@media print { .next { display: none } }"),
    honest("but-not-on-telephones", "Hidden on small screens alone.", f"<div class=next>{_NAMED}</div>",
           styles="@media (max-width: 40em) { .next { display: none } }"),
    honest("but-not-on-telephones-by-its-classes", "A class hides it, and another shows it again on wide screens.",
           f'<div class="d-none d-md-block">{_NAMED}</div>'),
    honest("on-the-open-tab", "The rule for the open tab goes before that for all.",
           f'<div class="tab open">{_NAMED}</div>',
           styles=".tab { display: none } .tab.open { display: block }"),
    honest("until-a-script-runs", "Hidden only where a script has marked the page.", f"<div class=panel>{_NAMED}</div>",
           styles=".js-enabled .panel { display: none }"),
    honest("white-on-a-picture", "White letters on a dark picture.", f"<div class=hero>{_NAMED}</div>",
           styles=".hero { background: url(hero.jpg) center; color: #fff }"),
    honest("white-on-blue", "White letters on a blue box.", f"<div class=hero>{_NAMED}</div>",
           styles=".hero { background: #1d70b8 } .hero h2 { color: white }"),
    honest("on-black", "A black box, whose letters another style sheet makes white.",
           f'<div class="text-white" style="background: #000">{_NAMED}</div>'),
    honest("fading-in", "It comes into view when the page is opened.", f"<div class=fade>{_NAMED}</div>",
           styles=".fade { opacity: 0; animation: appear 1s forwards } @keyframes appear { to { opacity: 1 } }"),
    honest("in-folded-details", "Every browser unfolds them.", f"<details><summary>Latest</summary>{_NAMED}</details>",
           styles="details { margin: 0 }"),
    honest("shown-again", "Shown again within a part that is not.",
           f"<div class=menu><div class=open>{_NAMED}</div></div>",
           styles=".menu { visibility: hidden } .menu .open { visibility: visible }"),
    honest("icons-of-no-size", "A list whose gaps have no size, as is done between boxes in a row.",
           f"<ul class=row><li>{_NAMED}</li></ul>", styles=".row { font-size: 0 } .row li { font-size: 16px }"),
    honest("with-a-cut-picture", "What is cut is the picture beside it.", f"<img class=dot alt=''>{_NAMED}",
           styles=".dot { clip-path: circle(0); height: 0; overflow: hidden }"),
)  # fmt: skip
CASES = (*_HIDDEN, *_SEEN)
