"""What a reader of a dashboard chooses at its top, and the hidden variables that ask which level of detail fits."""

import re
from collections.abc import Iterable
from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from campus.influx import FITTING_LEVELS, LEVEL_MEASUREMENT, Tag
from dashboards.board import Draft
from dashboards.influxql import Condition, Measurements, Select, TagValues, chosen, last, raw
from dashboards.target import DATASOURCE_TYPE, DATASOURCE_UID, DATASOURCE_VARIABLE, chosen_source

ALL: Final = ".*"
"""What `All` stands for in a regular expression: shorter than the list of 800 schools."""
DATASOURCE_NAME: Final = "Campanile"
_EVERYTHING: Final = dashboard.VariableOption(True, "All", "$__all")

LEVELS: Final = tuple(one.words() for one in FITTING_LEVELS)
"""What the hidden variables may say: for each level the policy, the width of intervals and the fields."""
RAW: Final = LEVELS[0]
LEVEL_VARIABLES: Final = tuple(RAW)

SCHOOLS: Final = ("link_capacity_bps", "school_boards_in_use_percent")
"""A school has a link or boards; the first site of all is the centre, which would open a school's dashboard empty."""


def site(draft: Draft, *, of: Iterable[str] = ("reachable",), several: bool = False) -> builders.QueryVariable:
    """A school, or several: those with one of these metrics, of which `SCHOOLS` leave out the district centre."""
    return tag_values(draft, "site", TagValues(key=Tag.SITE, of=raw(*of)), several=several)


def kind(draft: Draft, *, of: str = "reachable") -> builders.QueryVariable:
    """Kinds of devices of the chosen school that report a metric."""
    return tag_values(
        draft, "kind", TagValues(key=Tag.KIND, of=raw(of), where=(chosen(Tag.SITE),)), several=True, all_first=True
    )


def device(
    draft: Draft, *, of: Iterable[str] = ("reachable",), where: tuple[Condition, ...] = (), several: bool = False
) -> builders.QueryVariable:
    """Devices of the chosen school that report one of these metrics, and to which these conditions apply."""
    values = TagValues(key=Tag.DEVICE, of=raw(*of), where=(chosen(Tag.SITE), *where))
    return tag_values(draft, "device", values, several=several, all_first=several)


def tag_values(
    draft: Draft, name: str, values: TagValues, *, several: bool = False, all_first: bool = False, everything: str = ALL
) -> builders.QueryVariable:
    """A choice among values of a tag, labelled with the word ``variable_<name>``; `all_first`: everything, until one chooses.

    `everything` is the expression that `All` stands for; an empty one makes it a list of the values there are.
    """
    variable = _asking(draft, name, values.text())
    if several:
        variable.multi(True)
    if several or all_first:
        variable.include_all(True)
        if everything:
            variable.all_value(everything)
    if all_first:
        variable.current(_EVERYTHING)
    return variable


def measurements(draft: Draft, name: str, values: Measurements, kept: str) -> builders.QueryVariable:
    """All measurements of what is chosen that `kept`, an expression of JavaScript, lets through; hidden, for panels to repeat."""
    variable = _asking(draft, name, values.text()).regex(f"/{kept}/").multi(True).include_all(True)
    return variable.current(_EVERYTHING).hide(dashboard.VariableHide.HIDE_VARIABLE)


def _asking(draft: Draft, name: str, query: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(draft.word(f"variable_{name}"))
        .datasource(chosen_source())
        .query(query)
        .definition(query)
        .refresh(dashboard.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(dashboard.VariableSort.NATURAL_ASC)
        .allow_custom_value(False)
    )


def everywhere(draft: Draft, console: str) -> list[Builder[dashboard.VariableModel]]:
    """What every dashboard has: the data source, and the address of the console for links."""
    source = (
        builders.DatasourceVariable(DATASOURCE_VARIABLE)
        .label(draft.word("variable_datasource"))
        .type(DATASOURCE_TYPE)
        .current(dashboard.VariableOption(True, DATASOURCE_NAME, DATASOURCE_UID))
        .allow_custom_value(False)
    )
    address = builders.ConstantVariable("console").value(console)
    return [source, address]


def hidden_levels(texts: Iterable[str]) -> list[Builder[dashboard.VariableModel]]:
    """Those hidden variables that these queries name."""
    found = " ".join(texts)
    return [_level(name) for name in LEVEL_VARIABLES if re.search(rf"\$\{{{name}\b", found)]


def level_query(field: str) -> str:
    """Asks the store for a word about the level that fits the range on the screen."""
    length = "${__to} - ${__from}"
    fits = (Condition(f'"least_ms" <= {length}'), Condition(f'"below_ms" > {length}'))
    return Select(columns=(last(field),), of=raw(LEVEL_MEASUREMENT), where=fits, spanned=False).text()


def _level(name: str) -> builders.QueryVariable:
    query, value = level_query(name), RAW[name]
    return (
        builders.QueryVariable(name)
        .datasource(chosen_source())
        .query(query)
        .definition(query)
        .hide(dashboard.VariableHide.HIDE_VARIABLE)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .current(dashboard.VariableOption(True, value, value))
    )
