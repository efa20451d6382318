"""The stored record of suspected breaches and their reports."""

from breaches.models.code_of_practice import Edition, Practice
from breaches.models.dispatch import Dispatch, Published, RegisterEvent
from breaches.models.report import (
    ApprovedDocument,
    JoinedDraft,
    OwnAct,
    PracticeCited,
    Report,
    ReportEvent,
    ReportVersion,
    SectionComment,
    StartedReport,
)
from breaches.models.report_rows import ReportRowRecord
from breaches.models.suspicion import Suspicion
from breaches.models.timeline import CorrectiveAction, TimelineNote

__all__ = [
    "ApprovedDocument",
    "CorrectiveAction",
    "Dispatch",
    "Edition",
    "JoinedDraft",
    "OwnAct",
    "Practice",
    "PracticeCited",
    "Published",
    "RegisterEvent",
    "Report",
    "ReportEvent",
    "ReportRowRecord",
    "ReportVersion",
    "SectionComment",
    "StartedReport",
    "Suspicion",
    "TimelineNote",
]
