"""What a dashboard is: a key, and a function that draws it in a language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from campus.ids import MetricId
from campus.metrics import Metric, catalogue
from dashboards.words import BoardWords, Language, PanelWords, board_words, common_words

UID_PREFIX: Final = "campanile"
TAG: Final = "campanile"
_SHORT: Final = {Language.CHINESE: "zh", Language.ENGLISH: "en"}


DEFAULT_TIMEZONE: Final = "Asia/Shanghai"
"""As the controller's own setting, `district.timezone`."""


@dataclass(frozen=True)
class Draft:
    """What a dashboard is drawn with: its words in one language, and the time zone of the district."""

    key: str
    language: Language
    timezone: str = DEFAULT_TIMEZONE

    @property
    def words(self) -> BoardWords:
        """Everything it says."""
        return board_words(self.key)

    def panel(self, key: str) -> tuple[str, str]:
        """Title and description of a panel; `KeyError` for one without words."""
        found: PanelWords = self.words.panels[key]
        return found.title.in_language(self.language), found.description.in_language(self.language)

    def word(self, key: str) -> str:
        """A word of this dashboard, else one that all share; `KeyError` when there is neither."""
        own = self.words.words.get(key)
        return (own or common_words()[key]).in_language(self.language)

    def name(self, metric: str) -> str:
        """What the catalogue calls a metric."""
        found = measured(metric)
        return found.zh if self.language is Language.CHINESE else found.en


@dataclass(frozen=True)
class Row:
    """Panels side by side, each with its width of 24 columns; the height is in Grafana's units of 30 pixels."""

    height: int
    panels: Sequence[tuple[int, Builder[dashboard.Panel]]]


@dataclass(frozen=True)
class Sheet:
    """What is on a dashboard, top to bottom. `neighbours` are keys of other dashboards, `console` a page of the console."""

    rows: Sequence[Row]
    neighbours: Sequence[str]
    console: str
    variables: Sequence[Builder[dashboard.VariableModel]] = ()
    marks: Sequence[Builder[dashboard.AnnotationQuery]] = ()
    span: str = "now-24h"
    refresh: str = "1m"
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """For `queries`: what stands for a variable that names a measurement, for which no expression can stand."""


@dataclass(frozen=True)
class Board:
    """One dashboard. `key` names its file, its words and its address."""

    key: str
    draw: Callable[[Draft], Sheet]

    def uid(self, language: Language) -> str:
        """How Grafana knows it, at most 40 characters."""
        return uid_of(self.key, language)


def uid_of(key: str, language: Language) -> str:
    """The uid of a dashboard in a language.

    >>> uid_of("district-now", Language.CHINESE)
    'campanile-district-now-zh'
    """
    return f"{UID_PREFIX}-{key}-{_SHORT[language]}"


def measured(metric: str) -> Metric:
    """A metric of the catalogue; `KeyError` when there is none."""
    return catalogue()[MetricId(metric)]
