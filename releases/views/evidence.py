"""The stored pages of a release: as source, as a file, and as an evidence bundle."""

import tempfile

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from releases.detection.characters import decode
from releases.detection.file_type import FileType, found_type
from releases.evidence import embargo
from releases.evidence.embargo import How, NoSuchBody, Opened
from releases.evidence.export import bundle_file_name, export_evidence
from releases.permissions import Action
from releases.views.base import SignedInRequest, release_of_theirs

MOST_CHARACTERS = 100_000
_SHOWN_AS_UNKNOWN = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")}, "\ufffd")
# A looked-at page is hostile input: even opened in a browser it may run, load and send nothing.
FOR_A_FILE_OF_OTHERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@login_required
@require_safe
def show_source(request: SignedInRequest, reference: str, sha256: str) -> HttpResponse:
    opened = _opened(request, reference, sha256, How.SOURCE)
    text = _text(opened)
    context = {
        "opened": opened,
        "release": release_of_theirs(request.user, reference),
        "is_text": text is not None,
        "source": (text or "")[:MOST_CHARACTERS],
        "characters": len(text or ""),
        "most_characters": MOST_CHARACTERS,
    }
    answer = render(request, "releases/kept_body.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_safe
def download_body(request: SignedInRequest, reference: str, sha256: str) -> HttpResponse:
    opened = _opened(request, reference, sha256, How.DOWNLOAD)
    name = f"{reference}-{sha256[:12]}.body"
    headers = {**FOR_A_FILE_OF_OTHERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(opened.body.content, content_type="application/octet-stream", headers=headers)


@login_required
@require_POST
def export_bundle(request: SignedInRequest, reference: str) -> FileResponse:
    release = release_of_theirs(request.user, reference, Action.EXPORT_EVIDENCE)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    export_evidence(release, file, by=request.user, at=timezone.now())
    file.seek(0)
    answer = FileResponse(file, as_attachment=True, filename=bundle_file_name(release))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _opened(request: SignedInRequest, reference: str, sha256: str, how: How) -> Opened:
    release = release_of_theirs(request.user, reference)
    try:
        return embargo.open_body(release, sha256, by=request.user, at=timezone.now(), how=how)
    except NoSuchBody as fault:
        raise Http404(str(fault)) from fault


def _text(opened: Opened) -> str | None:
    """Return a body's source as characters that can be shown, or None if it is no text."""
    content = opened.body.content
    if found_type(content) not in {FileType.HTML, FileType.TEXT, FileType.JSON}:
        return None
    _, _, charset = opened.body.media_type.partition("charset=")
    return decode(content, charset=charset.strip(" \"'")).replace("\r\n", "\n").translate(_SHOWN_AS_UNKNOWN)
