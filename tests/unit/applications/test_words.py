"""A verdict in words: who, what, and whose fault, in both languages."""

import pytest

from campus.ids import SiteId
from controller.applications.model import ServiceName
from controller.applications.verdict import judge
from controller.applications.words import expiring, reason, with_services
from tests.unit.applications.test_verdict import district


def name_of(site: SiteId) -> tuple[str, str]:
    return site.replace("school-", "School "), site.replace("school-", "学校")


@pytest.mark.parametrize(
    ("schools", "centre", "behind", "english", "chinese"),
    [
        ("ggg", "g", "", "It works from all 3 schools and from the centre.", "3所学校和区中心均访问正常。"),
        ("", "g", "", "It works from the centre.", "区中心访问正常。"),
        ("", "", "", "Nobody has looked at it lately.", "近期没有检测数据。"),
        ("fffg", "f", "", "It fails from 3 of 4 schools and from the centre (up). So it is", "4所学校中有3所以及区中心"),
        ("ffggg", "g", "11222", "School 0, School 1, all behind agg-1 (up), and works from 3 schools and", "均接在 agg-1 之下"),
        ("fggg", "g", "", "It fails only from School 0 (up), 4 others reach it.", "仅学校0无法访问"),
        ("dggg", "g", "", "4 others reach it: its uplink is down.", "其上联链路中断"),
        ("f", "", "", "too few to tell", "观测点太少"),
        ("ssss", "s", "", "It is slow from 4 of 4 schools and from the centre. So it is the service itself.", "响应缓慢"),
    ],
)  # fmt: skip
def test_the_sentence_carries_the_evidence(schools: str, centre: str, behind: str, english: str, chinese: str) -> None:
    words = reason(judge(district(schools, centre, behind)), name_of)
    assert english in words[0]
    assert chinese in words[1]
    assert words[1].endswith("。")


def test_of_many_schools_a_few_are_named() -> None:
    english, chinese = reason(judge(district("f" * 9 + "g" * 20, "g")), name_of)
    assert "School 3 and 5 more" in english
    assert "学校3等9处" in chinese


def test_services_stand_before_the_reason() -> None:
    words = with_services(
        ("It fails here.", "这里失败。"), [ServiceName("Portal", "门户"), ServiceName("Mail", "邮件")]
    )
    assert words == ("Portal, Mail: it fails here.", "门户、邮件：这里失败。")
    assert expiring(1.9) == ("It expires in 1 day.", "证书将在1天后过期。")
