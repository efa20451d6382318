"""Addresses, scenes and documents of removed pages in GOV.UK's content API, for scripted websites."""

import json
from typing import Any

from statsoffice.fake_publisher import govuk
from statsoffice.fake_publisher.scenes import scene

JSON = "application/json; charset=utf-8"


def api_path(path: str) -> str:
    return f"{govuk.API}{path}"


def document_scene(document, **more: Any) -> dict[str, Any]:
    """Return a scene in which the content API responds with this document."""
    status = 410 if document["schema_name"] == "gone" else 200
    return scene(json.dumps(document), status=status, content_type=JSON, **more)


def gone_document(path: str) -> dict[str, Any]:
    """Return the document that is left of a removed page."""
    gone = {"schema_name": "gone", "document_type": "gone", "details": {"explanation": "", "alternative_path": ""}}
    document = govuk.redirect(path, "") | gone
    del document["redirects"]
    return document
