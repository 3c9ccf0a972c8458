"""Bring a Grafana to what is wanted: folder, data source, dashboards. A second time changes nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256
from json import dumps
from typing import Any, Final

from campus.errors import ConfigError
from campus.version import VERSION
from dashboards.grafana.datasource import NAME, DataSource
from dashboards.grafana.difference import differences
from dashboards.grafana.door import Door, Health
from dashboards.grafana.model import Json
from dashboards.target import DATASOURCE_UID


class Mode(Enum):
    """Whether anything is written."""

    WRITE = "write"
    DRY_RUN = "dry run"


class Outcome(StrEnum):
    """What became of one thing; in a dry run what would."""

    MADE = "made"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    FAILED = "failed"


@dataclass(frozen=True)
class Done:
    """One thing that was looked at."""

    outcome: Outcome
    thing: str
    note: str = ""

    def sentence(self) -> str:
        """One line for a person.

        >>> Done(Outcome.CHANGED, "dashboard School", "3 differences").sentence()
        'changed    dashboard School (3 differences)'
        """
        return f"{self.outcome:<10} {self.thing}{f' ({self.note})' if self.note else ''}"


class Secrets(Enum):
    """Whether a data source that works gets its secrets anew: Grafana does not tell which ones it has."""

    IF_NEEDED = "if needed"
    ANEW = "anew"


@dataclass(frozen=True)
class Wanted:
    """What should stand in Grafana."""

    folder: str
    """Its uid."""
    folder_title: str
    dashboards: Sequence[Json]
    tag: str
    """What all our dashboards are tagged with."""
    uid_pattern: str
    """What the uids of those of this language look like, as a shell's pattern; others are not touched."""
    datasource: DataSource | None = None
    secrets: Secrets = Secrets.IF_NEEDED


@dataclass
class Push:
    """One run. `told` hears of each thing once it is done, `counted` holds how many had which outcome."""

    door: Door
    wanted: Wanted
    mode: Mode
    told: Callable[[Done], None]
    counted: dict[Outcome, int] = field(default_factory=dict)

    def run(self) -> None:
        """Folder, data source and dashboards in this order; what fails with one error ends the run, what stands stays."""
        self._folder()
        if self.wanted.datasource is not None:
            self._datasource(self.wanted.datasource)
        elif self.door.datasource(DATASOURCE_UID) is None:
            self.tell(
                Outcome.FAILED, f"data source {NAME}", "there is none of ours, so panels stay empty: give --datasource"
            )
        for model in self.wanted.dashboards:
            self._dashboard(model)

    def tell(self, outcome: Outcome, thing: str, note: str = "") -> None:
        """Count and say."""
        self.counted[outcome] = self.counted.get(outcome, 0) + 1
        self.told(Done(outcome, thing, note))

    def gone(self) -> dict[str, str]:
        """As the function of this name."""
        return gone(self.door, self.wanted.dashboards, self.wanted.tag, self.wanted.uid_pattern)

    def prune(self, gone: Mapping[str, str]) -> None:
        """Delete what `gone` found."""
        for uid, title in gone.items():
            if self.mode is Mode.WRITE:
                self.door.delete_dashboard(uid)
            self.tell(Outcome.DELETED, f"dashboard {title}", uid)

    def _folder(self) -> None:
        thing = f"folder {self.wanted.folder_title}"
        found = self.door.folder(self.wanted.folder)
        if found is not None:  # an operator may have given it another title or another place: that is theirs to say
            self.tell(
                Outcome.UNCHANGED, thing if found["title"] == self.wanted.folder_title else f"folder {found['title']}"
            )
            return
        if self.mode is Mode.WRITE:
            self.door.create_folder(self.wanted.folder, self.wanted.folder_title)
        self.tell(Outcome.MADE, thing)

    def _datasource(self, wanted: DataSource) -> None:
        theirs = self.door.datasource(wanted.uid)
        if theirs is None:
            if self.mode is Mode.WRITE:
                self.door.create_datasource(wanted.payload())
            self._tell_datasource(Outcome.MADE, wanted, "")
            return
        changes = wanted.changes(theirs)
        if self.wanted.secrets is Secrets.ANEW:
            changes.append("secrets")
        elif not changes and wanted.secrets() and not self.door.datasource_health(wanted.uid).good:
            changes.append("secrets, for it does not work with those it has")
        if not changes:
            self._tell_datasource(Outcome.UNCHANGED, wanted, "")
            return
        if theirs.get("readOnly"):
            raise ConfigError(
                f"{self.door.address}: the data source {theirs['name']} comes from a file in Grafana's provisioning folder and "
                f"differs ({', '.join(changes)}): change that file, or leave out --datasource"
            )
        if self.mode is Mode.WRITE:
            self.door.update_datasource(wanted.uid, wanted.payload_over(theirs))
        self._tell_datasource(Outcome.CHANGED, wanted, ", ".join(changes))

    def _tell_datasource(self, outcome: Outcome, wanted: DataSource, note: str) -> None:
        """Say what was done, and whether it works; a dry run cannot try what is not there yet."""
        thing = f"data source {wanted.name}"
        if self.mode is Mode.DRY_RUN and outcome is not Outcome.UNCHANGED:
            self.tell(outcome, thing, note)
            return
        health = self.door.datasource_health(wanted.uid)
        empty = "it works, and nothing is stored there yet" if health.good and _EMPTY.search(health.words) else ""
        self.tell(outcome, thing, "; ".join(filter(None, (note, empty))))
        if not health.good:
            self.tell(Outcome.FAILED, thing, _advice(health, wanted))

    def _dashboard(self, model: Json) -> None:
        thing = f"dashboard {model['title']}"
        stored = self.door.dashboard(model["uid"])
        if stored is None:
            if self.mode is Mode.WRITE:
                self.door.save_dashboard(model, self.wanted.folder, message(model))
            self.tell(Outcome.MADE, thing)
            return
        found = differences(model, stored.model)
        moved = stored.folder != self.wanted.folder
        if not found and not moved:
            self.tell(Outcome.UNCHANGED, thing)
            return
        if stored.provisioned:
            words = "it comes from a file in Grafana's provisioning folder and differs: keep either the files or `push`"
            self.tell(Outcome.FAILED, thing, words)
            return
        if self.mode is Mode.WRITE:
            self.door.save_dashboard(model, self.wanted.folder, message(model))
        notes = [f"{len(found)} difference{'' if len(found) == 1 else 's'}"] if found else []
        notes += ["moved into the folder"] if moved else []
        self.tell(Outcome.CHANGED, thing, f"{', '.join(notes)}; the former is version {stored.version} of its history")


def gone(door: Door, dashboards: Sequence[Json], tag: str, uid_pattern: str) -> dict[str, str]:
    """Titles by uid of dashboards in Grafana that are ours by tag and uid, and no longer part of Campanile."""
    current = {model["uid"] for model in dashboards}
    return {
        uid: title for uid, title in door.tagged(tag).items() if fnmatchcase(uid, uid_pattern) and uid not in current
    }


def message(model: Mapping[str, Any]) -> str:
    """What stands in Grafana's history of versions: which Campanile made it, and a fingerprint of what it made."""
    fingerprint = sha256(dumps(model, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
    return f"campanile {VERSION}, {fingerprint}"


_EMPTY: Final = re.compile(r"\b0 measurements")
_ADVICE: Final = (
    ("401", "its server does not accept the secret: is it the right one, and not revoked?"),
    ("unauthorized", "its server does not accept the secret: is it the right one, and not revoked?"),
    ("403", "the secret may not read that database"),
    ("no such host", "Grafana's machine does not know the host of the address"),
    ("refused", "nothing listens at that address, as seen from Grafana's machine"),
    ("certificate", "Grafana does not trust its certificate: give its authority with --datasource-ca-file"),
    ("timeout", "no answer in time: is a firewall between Grafana and it?"),
    ("deadline", "no answer in time: is a firewall between Grafana and it?"),
    ("not found", "the database does not exist there: is --database right, has the controller made it?"),
)


def _advice(health: Health, wanted: DataSource) -> str:
    """Grafana's words and what they usually come from."""
    said = health.words.lower()
    meaning = next((advice for word, advice in _ADVICE if word in said), "its log on Grafana's machine tells more")
    return f"{wanted.url} does not work from Grafana: {health.words}: {meaning}"
