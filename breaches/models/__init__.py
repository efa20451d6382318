"""The stored record of suspected breaches and their reports."""

from breaches.models.code_of_practice import Edition, Practice
from breaches.models.corrective_action import CorrectiveAction
from breaches.models.dispatch import Dispatch
from breaches.models.joined import JoinedDraft
from breaches.models.own_act import OwnAct
from breaches.models.practice_cited import PracticeCited
from breaches.models.published import Published
from breaches.models.register_event import RegisterEvent
from breaches.models.report import ApprovedDocument, Report, ReportEvent, ReportVersion
from breaches.models.report_rows import ReportRowRecord
from breaches.models.section_comment import SectionComment
from breaches.models.started import StartedReport
from breaches.models.suspicion import Suspicion
from breaches.models.timeline_note import TimelineNote

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
