"""Rules that a place adds: how they are named, and the few words a person must write for one. Pure.

The id of such a rule is ``NAME@PLACE``, so that no two places can mean different rules by one id, and nobody learns from
an id that is taken what others have.
"""

from msgspec.structs import replace

from controller.alerts.model import Rule, Wording
from controller.rulings.model import Place


def own_id(name: str, place: Place) -> str:
    """The id of a place's own rule.

    >>> own_id("canteen-warm", Place.parse("school:no-1-primary"))
    'canteen-warm@no-1-primary'
    """
    return f"{name}@{place.id}"


def own_name(rule_id: str) -> str:
    """The name in such an id, and the id itself of any other.

    >>> own_name("canteen-warm@no-1-primary"), own_name("freezer-warm")
    ('canteen-warm', 'freezer-warm')
    """
    return rule_id.partition("@")[0]


def named(rule: Rule, place_id: str) -> Rule:
    """A rule under its name alone (as files have it), or under that of its place.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> named(shipped_rules().rule("freezer-warm"), "no-1-primary").id
    'freezer-warm@no-1-primary'
    """
    name = own_name(rule.id)
    return replace(rule, id=f"{name}@{place_id}" if place_id else name)


def counted(title: str, title_zh: str) -> Wording:
    """How a rule is counted in a sentence when nobody wrote words for that.

    >>> counted("The canteen is warm", "食堂过热").many_en
    '{n} times: The canteen is warm'
    """
    title, title_zh = (_escaped(each) for each in (title, title_zh))
    return Wording(one_en=title, many_en=f"{{n}} times: {title}", zh=f"{{n}} 项：{title_zh}")


def _escaped(title: str) -> str:
    return title.replace("{", "(").replace("}", ")")
