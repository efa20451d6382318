"""Show pictures on pages, and return the files of pictures."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from releases.pictures import MEDIA_TYPES, FileKind, Layout, Picture, ShownPicture, render_picture
from releases.public.export import download_response
from releases.rules.tables import TableKind


def show_picture(picture: Picture, page: str, *of: object, query: Mapping[str, str] | None = None) -> ShownPicture:
    """Return a picture with the addresses of its files.

    :param page: the name of the URL pattern that returns a file.
    :param of: the arguments of this URL pattern that come before the kind of file.
    """

    def address(kind: FileKind, **more: str) -> str:
        written = urlencode({**(query or {}), **more})
        return reverse(page, args=[*of, kind]) + (f"?{written}" if written else "")

    layouts = {layout.value: address(FileKind.SVG, layout=layout) for layout in (Layout.WIDE, Layout.NARROW)}
    return ShownPicture(picture, {kind.value: address(kind) for kind in FileKind} | layouts)


def find_picture_file(request: HttpRequest, kind: str) -> tuple[FileKind, Layout]:
    """Return the requested kind of file and layout.

    If the query has no layout, return the layout of files for download.

    :raises Http404: if there is no such kind or layout.
    """
    layout = request.GET.get("layout", Layout.FILE)
    if kind not in set(FileKind) or layout not in set(Layout):
        raise Http404(f"There is no picture of the kind {kind} in the layout {layout}.")
    return FileKind(kind), Layout(layout)


def picture_response(picture: Picture, kind: FileKind, layout: Layout, *, subtitle: str, name: str) -> HttpResponse:
    """:param name: the name of a file to download, without the file extension."""
    content = render_picture(picture, kind, layout, subtitle=subtitle)
    if kind is FileKind.CSV:
        return download_response(content, TableKind.CSV, name=name)
    headers = {} if layout is not Layout.FILE else {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(content, content_type=MEDIA_TYPES[kind], headers=headers)
