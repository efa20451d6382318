"""The published report that the product reproduces, with invented people."""

from datetime import date

from breaches.rules.content import CitedPractice, ContactPerson, Output, ReportContent

TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
URL = "https://www.example.gov.uk/statistics/state-funded-schools-inspections-and-outcomes-as-at-31-march-2020"

# The labels of the published form, word for word and in order.
FORM = [
    "1. Core Information",
    "Title and link to statistical output",
    "Name of producer organisation",
    "Name and contact details of person dealing with report",
    "Name and contact details of Head of Profession for Statistics",
    "Link to published statement about the breach (if relevant)",
    "Date of breach report",
    "2. Circumstances of breach",
    "Relevant principle(s) and practice(s)",
    "Date of occurrence of breach",
    "3. Impact of the breach",
    "4. Corrective actions (taken or planned) to prevent re-occurrence",
]

CONTENT = ReportContent(
    outputs=(Output(TITLE, URL),),
    producers=("The Office for Standards in Education, Children's Services and Skills (Ofsted)",),
    dealing=ContactPerson("Ada Hill", "ada.hill@example.gov.uk", "01632 960001"),
    head_of_profession=ContactPerson("Bernard Low", "bernard.low@example.gov.uk"),
    report_date=date(2020, 6, 30),
    practices=(
        CitedPractice(
            edition="2.0",
            code="T3.6",
            principle="Trustworthiness",
            text="Statistics should be released to all users at 9.30am on a weekday.",
            confirmed=True,
        ),
    ),
    occurred_on=(date(2020, 6, 30),),
    circumstances=(
        "The release was due at 9.30am on 30 June 2020.\n\nIt was first seen at its address at 10.27am, a delay of "
        "just under an hour."
    ),
    impact=(
        "Access to the statistics was delayed by just under an hour. Users of the statistics were told on the "
        "release page. Nobody has written to us about the delay."
    ),
    corrective_actions=(
        "Short-term: the statistics have been published, and the scheduler's settings are being checked.\n\n"
        "Long-term: a person will look at the page at 9.30am on the next release day, until the scheduler's "
        "fault is understood."
    ),
)
