"""Stored screenshots, without a browser."""

import io
from datetime import timedelta

from PIL import Image

from releases.models import Body, MonitoringRowRecord, Screenshot
from releases.rules.canonical import sha256_hex
from tests.support.factories import SEED_DUE


def png(width: int, height: int, colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


FULL, SMALL = png(1280, 2000), png(320, 256)
NOTHING = {
    "state": "not_taken", "sha256": "", "small_sha256": "", "body_id": None, "small_id": None, "requested_at": None,
    "pictured_at": None, "status": None, "final_url": "",
}  # fmt: skip


def add_screenshot(release, moment="due", *, at=1.0, **values) -> Screenshot:
    """Store a picture of a release's page that was requested so many seconds after it was due."""
    address = release.addresses.get(role="page")
    for content in (FULL, SMALL):
        sha256 = sha256_hex(content)
        if not Body.objects.filter(pk=sha256).exists():
            Body.of(content, sha256=sha256, media_type="image/png").save()
    planned_at = SEED_DUE + timedelta(seconds=at)
    stored = {
        "state": "stored",
        "sha256": sha256_hex(FULL),
        "small_sha256": sha256_hex(SMALL),
        "body_id": sha256_hex(FULL),
        "small_id": sha256_hex(SMALL),
        "requested_at": planned_at,
        "pictured_at": planned_at + timedelta(seconds=2),
        "status": 200,
        "final_url": address.url,
        "width": 1280,
        "height": 2000,
        "browser": "150.0",
    }
    row = Screenshot.objects.create(
        release=release,
        address=address,
        schedule_version=1,
        moment=moment,
        planned_at=planned_at,
        recorded_at=planned_at + timedelta(seconds=3),
        watcher="test",
        **(stored | values),
    )
    MonitoringRowRecord.record({Screenshot: [row.pk]})
    return row
