"""The open place of the practice site, where users can put dummy files that everyone can fetch.

The demonstration uses this place to show the result *Open to the public*. The files are stored in memory. A practice
site with a token can be reached from outside this machine, so it does not have this place.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from html import escape

from statsoffice.fake_publisher.pages import frame
from statsoffice.fake_publisher.scenes import Scene

PLACE = "/unpublished/"
MOST_BYTES = 64 * 1024
MOST_FILES = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# Only text files are accepted, because other files, such as HTML pages, could contain scripts.
_MEDIA_TYPES = {"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8"}


class NotAFileError(ValueError):
    """The form has no file, or the file is not accepted. The message says why."""


class OpenPlace:
    """The dummy files, keyed by name. If there are more than `MOST_FILES`, the oldest files are removed."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()

    def find(self, path: str, *, site: str) -> Scene | None:
        """Return the page that lists the files, or the file at this path. Return None for any other path.

        :param site: the origin of this site in the address that the user opened.
        """
        if path == PLACE:
            return _respond(200, "text/html; charset=utf-8", self._render(site).encode())
        name = path.removeprefix(PLACE)
        if not path.startswith(PLACE) or name not in self._files:
            return None
        return _respond(200, _MEDIA_TYPES[name.rpartition(".")[2]], self._files[name])

    def save(self, body: bytes, *, content_type: str) -> None:
        """Save the file of a submitted form. If the user clicked "Remove all files", remove all files instead.

        :param content_type: the Content-Type header of the request: multipart/form-data with the boundary.
        :raises NotAFileError: if the file is not accepted. In this case, nothing is saved.
        """
        form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        parts = list(form.iter_parts()) if form.is_multipart() else []
        sent = {part.get_param("name", header="content-disposition"): part for part in parts}
        if "remove" in sent:
            self._files.clear()
            return
        name = sent["file"].get_filename() if "file" in sent else None
        if not name:  # if no file is selected, browsers send a part with an empty file name
            raise NotAFileError("Select a file.")
        if not _NAME.fullmatch(name) or name.rpartition(".")[2] not in _MEDIA_TYPES:
            raise NotAFileError("Select a .txt or .csv file with letters, digits, dots and hyphens in its name.")
        content = sent["file"].get_payload(decode=True)
        if not isinstance(content, bytes):
            raise NotAFileError("Select a file.")
        self._files[name] = content
        self._files.move_to_end(name)
        while len(self._files) > MOST_FILES:
            self._files.popitem(last=False)

    def _render(self, site: str) -> str:
        listed = "".join(
            f'<li><a href="{escape(PLACE + name)}">{escape(site + PLACE + name)}</a></li>' for name in self._files
        )
        remove = (
            f'<form method="post" action="{PLACE}" enctype="multipart/form-data">'
            '<button name="remove" value="yes">Remove all files</button></form>'
        )
        main = f"""<h1>A place for unpublished files that is open to everyone</h1>
<p class="lead">A publisher should have no such place. Put a dummy file here to see the result “Open to the public”.</p>
<form method="post" action="{PLACE}" enctype="multipart/form-data">
<label for="file">Dummy file (.txt or .csv)</label><input type="file" id="file" name="file" accept=".txt,.csv">
<p><button>Put it here</button></p></form>
<h2>Files</h2>
{f"<ul>{listed}</ul>{remove}" if listed else "<p>There is no file here.</p>"}"""
        return frame("Open place", main)


def refuse_file(error: NotAFileError) -> Scene:
    main = f'<h1>The file was not saved</h1><p>{escape(str(error))}</p><p><a href="{PLACE}">Back</a></p>'
    return _respond(400, "text/html; charset=utf-8", frame("The file was not saved", main).encode())


def is_from_site(headers: Mapping[bytes, bytes]) -> bool:
    """Return False if a form was sent from a page of another site. Browsers let every site send forms to this site."""
    origin = headers.get(b"origin", b"")
    return not origin or origin.partition(b"://")[2] == headers.get(b"host", b"")


def _respond(status: int, media_type: str, body: bytes) -> Scene:
    return Scene(None, status, body, ((b"content-type", media_type.encode()),), 0)
