"""Breach reports, their versions, events and documents, the suspicions behind them, and the Code of Practice."""

from breaches.models.attachment import Attachment, AttachmentFile
from breaches.models.choices import KIND_CHOICES, STATUS_CHOICES
from breaches.models.code_of_practice import Edition, Practice
from breaches.models.compliance import ComplianceDocument, PolicyText, PunctualitySwitch
from breaches.models.corrective_action import DONE, CorrectiveAction
from breaches.models.document import ApprovedDocument, Dispatch, Published
from breaches.models.event import RegisterEvent, ReportEvent, ReportRowRecord, SectionComment, TimelineNote
from breaches.models.report import (
    JoinedDraft,
    OwnAct,
    PracticeCitation,
    Report,
    ReportQuerySet,
    ReportVersion,
    StartedReport,
)
from breaches.models.suspicion import EarlyReleaseDecision, Suspicion, SuspicionQuerySet

__all__ = [
    "DONE",
    "KIND_CHOICES",
    "STATUS_CHOICES",
    "ApprovedDocument",
    "Attachment",
    "AttachmentFile",
    "ComplianceDocument",
    "CorrectiveAction",
    "Dispatch",
    "EarlyReleaseDecision",
    "Edition",
    "JoinedDraft",
    "OwnAct",
    "PolicyText",
    "Practice",
    "PracticeCitation",
    "Published",
    "PunctualitySwitch",
    "RegisterEvent",
    "Report",
    "ReportEvent",
    "ReportQuerySet",
    "ReportRowRecord",
    "ReportVersion",
    "SectionComment",
    "StartedReport",
    "Suspicion",
    "SuspicionQuerySet",
    "TimelineNote",
]
