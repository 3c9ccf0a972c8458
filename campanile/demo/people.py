"""Who would be told of the demo's faults: a technician for each school, an operator, an administrator. Nothing is sent.

Their only channel is a letterbox: the console shows what they would have been sent, and says that it was not.
"""

from pathlib import Path
from typing import Any

import yaml

NAMES = ("李老师", "王老师", "张老师", "刘老师", "陈老师", "杨老师", "赵老师", "周老师")
CHANNEL = "demo-letterbox"
POLICY = {
    "escalate_min": {"critical": 3, "major": 10},
    "group_s": 10,
    "again_s": 60,
    "digest": ["07:30", "12:00", "16:30"],
}
"""As in a real district, only sooner: a visitor stays for some minutes."""


def write_register(enrolment: Path, register: Path) -> None:
    """Write the register for the sites and the top of the tree of an enrolment file."""
    district = yaml.safe_load(enrolment.read_text(encoding="utf-8"))
    sites = [site for site in district["sites"] if not site.get("centre")]
    technicians = [
        _person(
            f"technician-{site['id']}", NAMES[number % len(NAMES)], "technician", place=site["id"], quiet="22:00-06:30"
        )
        for number, site in enumerate(sites)
    ]
    office = [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "hours": "08:00-20:00"},
        {"days": ["sat", "sun", "holidays"], "hours": "09:00-17:00"},
    ]
    others = [
        _person("operator", "孙工", "operator", duty=office),
        _person("administrator", "Ms Lin", "administrator", language="en", quiet="20:00-08:00"),
    ]
    told = {"channels": {CHANNEL: {"type": "letterbox"}}, "people": technicians + others, "policy": POLICY}
    register.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _person(person: str, name: str, role: str, **more: Any) -> dict[str, Any]:
    return {"id": person, "name": name, "role": role, "reach": [{"channel": CHANNEL, "to": name}], **more}
