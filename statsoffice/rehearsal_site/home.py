"""The site's home page: every page of the script, what it shows at this moment, and when that changes."""

import re
from datetime import datetime
from html import escape, unescape
from zoneinfo import ZoneInfo

from statsoffice.rehearsal_site.layout import PRODUCER, frame
from statsoffice.rehearsal_site.scenes import Scene, in_force, next_change
from statsoffice.rehearsal_site.stage import Stage

_TITLE = re.compile(rb"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_KIND = re.compile(rb'<p class="kind">(.*?)</p>', re.DOTALL)
_LONDON = ZoneInfo("Europe/London")


def home_page(stage: Stage) -> str:
    """Build the home page as it is at the site's time."""
    now = stage.now()
    rows = "".join(
        f'<tr><th scope="row"><a href="{escape(path)}">{escape(path)}</a></th>'
        f"<td>{escape(_shows(in_force(script, at=now)))}</td><td>{_clock(next_change(script, at=now))}</td></tr>"
        for path, script in sorted(stage.scripts().items())
    )
    table = f"""<table><caption>Pages of the script, at {_clock(now)}</caption>
<thead><tr><th scope="col">Page</th><th scope="col">Shows now</th><th scope="col">Next change</th></tr></thead>
<tbody>{rows}</tbody></table>"""
    main = f"""<h1>Publications</h1>
<p class="lead">What a publisher's readers would find here. Load the page again to see it change.</p>
{table if rows else "<p>The script is empty.</p>"}"""
    return frame("Publications", main, producer=PRODUCER)


def _shows(scene: Scene | None) -> str:
    if scene is None:
        return "nothing (404)"
    texts = [found[1] for pattern in (_KIND, _TITLE) if (found := pattern.search(scene.body))]
    shown = ": ".join(unescape(text.decode(errors="replace")) for text in texts) or _media_type(scene)
    return shown if scene.status == 200 else f"{shown} ({scene.status})"


def _media_type(scene: Scene) -> str:
    return dict(scene.headers)[b"content-type"].decode().partition(";")[0]


def _clock(instant: datetime | None) -> str:
    """This site knows nothing of the product, so it writes its times itself."""
    return "none" if instant is None else f"{instant.astimezone(_LONDON):%-d %b %Y, %H:%M:%S}"
