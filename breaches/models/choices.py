"""The labels of the stored values of a report."""

from django.utils.translation import gettext_lazy as lazy

from breaches.rules.lifecycle import Cause, DismissalReason, RecordingReason, ReportKind, ReportStatus

STATUS_CHOICES = {
    ReportStatus.DRAFT.value: lazy("Draft"),
    ReportStatus.WITH_HOP.value: lazy("Awaiting decision"),
    ReportStatus.RETURNED.value: lazy("Returned"),
    ReportStatus.APPROVED.value: lazy("Approved"),
    ReportStatus.RECORDED.value: lazy("In our breach log"),
    ReportStatus.DISMISSED.value: lazy("Dismissed"),
    ReportStatus.SENT.value: lazy("Sent"),
    ReportStatus.CLOSED.value: lazy("Closed"),
    ReportStatus.WITHDRAWN.value: lazy("Withdrawn"),
    ReportStatus.JOINED.value: lazy("Combined"),
    ReportStatus.PARTED.value: lazy("Separated"),
}
KIND_CHOICES = {
    ReportKind.LATE.value: lazy("Late"),
    ReportKind.EARLY.value: lazy("Early"),
    ReportKind.PARTIAL.value: lazy("Incomplete"),
    ReportKind.NOT_LIVE.value: lazy("Not live at all"),
    ReportKind.WRONG_CONTENT.value: lazy("Wrong content"),
    ReportKind.PRA.value: lazy("Pre-release access"),
    ReportKind.ACCESS.value: lazy("Access before release"),
    ReportKind.LEAK.value: lazy("Leak"),
    ReportKind.NOT_ANNOUNCED.value: lazy("Not announced"),
    ReportKind.LATE_ANNOUNCEMENT.value: lazy("Announcement late or missing"),
    ReportKind.USED_IN_PUBLIC.value: lazy("Unpublished figures used in public"),
    ReportKind.UNEQUAL_ACCESS.value: lazy("Unequal access"),
    ReportKind.OTHER.value: lazy("Another kind of breach"),
}
DISMISSAL_CHOICES = {
    DismissalReason.EXEMPTION.value: lazy("exemption"),
    DismissalReason.AGREED_CHANGE.value: lazy("agreed change"),
    DismissalReason.CHECK_ERROR.value: lazy("check error"),
    DismissalReason.CACHE_ONLY.value: lazy("cache only"),
    DismissalReason.OTHER.value: lazy("other"),
}
RECORDING_CHOICES = {
    RecordingReason.NO_EFFECT.value: lazy("no effect"),
    RecordingReason.NOT_NEEDED.value: lazy("not needed"),
    RecordingReason.REPORTED_BY_OTHERS.value: lazy("reported by others"),
    RecordingReason.OTHER.value: lazy("other"),
}
CAUSE_CHOICES = {
    Cause.SCHEDULER_FAULT.value: lazy("scheduler fault"),
    Cause.NOT_AUTHORISED.value: lazy("not authorised"),
    Cause.LATE_FIX.value: lazy("late data fix"),
    Cause.PROCESSING_ERROR.value: lazy("processing error"),
    Cause.OUTAGE.value: lazy("outage"),
    Cause.WRONG_FILE.value: lazy("wrong file"),
    Cause.CACHE.value: lazy("cache"),
    Cause.HUMAN_ERROR.value: lazy("human error"),
    Cause.OTHER.value: lazy("other"),
    Cause.NOT_KNOWN.value: lazy("not known yet"),
    Cause.WRONG_RECIPIENT.value: lazy("wrong recipient"),
    Cause.LIST_OUT_OF_DATE.value: lazy("list out of date"),
    Cause.SENT_TOO_EARLY.value: lazy("sent too early"),
    Cause.WRONG_DOCUMENT.value: lazy("wrong document or link"),
    Cause.STATUS_MISUNDERSTOOD.value: lazy("status misunderstood"),
    Cause.LIVE_TEST.value: lazy("test on the live site"),
    Cause.SAID_IN_PUBLIC.value: lazy("said in public"),
}
