"""district.yaml: what the controller is told about the district before its agents speak."""

from datetime import date

from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.district.timetable import holidays
from simulator.plan.yaml_text import line, rows

ROOT, TOWN, COUNTRY = "clearwater", "town-schools", "country-schools"
ORGANISATIONS = (
    {"id": ROOT, "name_en": "Clearwater District Education Bureau", "name_zh": "清水区教育局"},
    {"id": TOWN, "parent": ROOT, "name_en": "Town schools", "name_zh": "城区学校"},
    {"id": COUNTRY, "parent": ROOT, "name_en": "Country schools", "name_zh": "乡镇学校"},
)


def enrolment_text(district: District, today: date) -> str:
    """The file's text; holidays are those around `today`."""
    return "".join(
        [
            "# A simulated district. Written anew by `campanile simulate plan`.\n",
            rows("organisations", ORGANISATIONS),
            "sites:\n",
            *(_site_text(district, site) for site in district.sites),
            line("holidays", [day.isoformat() for day in holidays(today.year)]),
        ]
    )


def _site_text(district: District, site: SimSite) -> str:
    entry = [
        f"  - id: {site.id}\n",
        line("organisation", _organisation(district, site), 4),
        line("name_en", site.name_en, 4),
        line("name_zh", site.name_zh, 4),
        line("agents", [site.id], 4),
        line("centre", site.stage is None, 4),
        line("pupils", site.pupils, 4),
        rows(
            "rooms", [{"id": r.id, "name_en": r.name_en, "name_zh": r.name_zh, "floor": r.floor} for r in site.rooms], 4
        ),
        line("periods", list(site.periods), 4),
        rows(
            "timetable",
            [
                {"room": lesson.room, "weekday": lesson.weekday, "period": lesson.period + 1, "subject": lesson.subject}
                for lesson in site.lessons
            ],
            4,
        ),
    ]
    return "".join(entry)


def _organisation(district: District, site: SimSite) -> str:
    if site is district.centre:
        return ROOT
    return COUNTRY if site.is_rural else TOWN
