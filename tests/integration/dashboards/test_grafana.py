"""`push` and `diff` on the fake, and on a real Grafana where CAMPUS_GRAFANA_URL and CAMPUS_GRAFANA_TOKEN say where one is.

On the real one everything has names of this run's own, and is taken away again.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException

from campus.errors import CampusError, ConfigError
from campus.secret import Secret
from dashboards.grafana.address import Address, Plain
from dashboards.grafana.comparing import compare
from dashboards.grafana.datasource import DataSource
from dashboards.grafana.door import Door
from dashboards.grafana.kind import Kind
from dashboards.grafana.pushing import Mode, Outcome, Push, Secrets, Wanted
from dashboards.grafana.wall import ensure_wall
from tests.fakes.grafana import ADMIN, FakeGrafana, fake_grafana

Json = dict[str, Any]


@dataclass
class Place:
    """A Grafana and the names of this test in it."""

    url: str
    token: str
    name: str
    fake: FakeGrafana | None

    def door(self, token: str = "") -> Door:
        return Door(Address.of(self.url, "--url", Plain.ALLOWED), Secret(token or self.token))

    def board(self, key: str, title: str) -> Json:
        panel = {"id": 1, "title": "Load", "type": "timeseries", "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0}}
        panel["fieldConfig"] = {"defaults": {"max": 100, "unit": "percent"}, "overrides": []}
        return {
            "uid": f"{self.name}-{key}",
            "title": f"{title} {self.name}",
            "tags": [self.name],
            "schemaVersion": 39,
            "panels": [panel],
            "templating": {"list": [{"name": "site", "type": "custom", "query": "a,b"}]},
        }

    def wanted(self, *boards: Json, datasource: DataSource | None = None) -> Wanted:
        boards = boards or (self.board("one", "One"), self.board("two", "Two"))
        return Wanted(self.name, f"Folder {self.name}", boards, self.name, f"{self.name}-*", datasource)

    def source(self, url: str = "http://127.0.0.1:9", reader: str = "reader") -> DataSource:
        return DataSource(Kind.INFLUXDB2, url, token=Secret(reader), uid=self.name, name=f"Source {self.name}")


@pytest.fixture(params=["fake", "real"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    name = f"test-{uuid4().hex[:8]}"
    if request.param == "fake":
        with fake_grafana() as fake:
            yield Place(fake.url, ADMIN, name, fake)
        return
    url, token = os.environ.get("CAMPUS_GRAFANA_URL"), os.environ.get("CAMPUS_GRAFANA_TOKEN")
    if not url or not token:
        pytest.skip("no real Grafana: CAMPUS_GRAFANA_URL and CAMPUS_GRAFANA_TOKEN are not set")
    yield Place(url, token, name, None)
    take_away(url, token, name)


def take_away(url: str, token: str, name: str) -> None:
    api: Any = GrafanaApi.from_url(url.rstrip("/") + "/", credential=token)
    for account in api.serviceaccount.search_all(query=name):
        api.serviceaccount.delete(account["id"])
    with suppress(GrafanaException):
        api.datasource.delete_datasource_by_uid(name)
    with suppress(GrafanaException):
        api.folder.delete_folder(name)
    api.client.s.close()


def push(door: Door, wanted: Wanted, mode: Mode = Mode.WRITE) -> list[tuple[Outcome, str]]:
    done: list[tuple[Outcome, str]] = []
    Push(door, wanted, mode, lambda each: done.append((each.outcome, each.thing.split()[0]))).run()
    return done


def test_everything_is_made_once_and_a_second_time_changes_nothing(place: Place) -> None:
    wanted = place.wanted()
    with place.door() as door:
        assert (Outcome.MADE, "folder") in push(door, wanted)
        again = [outcome for outcome, thing in push(door, wanted) if thing != "data"]
        assert again == [Outcome.UNCHANGED] * 3
        assert compare(door, wanted.dashboards, wanted.tag, wanted.uid_pattern) == []
        if place.fake:
            assert place.fake.writes == ["POST /api/folders", *["POST /api/dashboards/db"] * 2]


def test_a_dry_run_says_the_same_and_writes_nothing(place: Place) -> None:
    wanted = place.wanted(datasource=place.source())
    with place.door() as door:
        said = push(door, wanted, Mode.DRY_RUN)
        assert said == [(Outcome.MADE, "folder"), (Outcome.MADE, "data"), *[(Outcome.MADE, "dashboard")] * 2]
        assert door.folder(wanted.folder) is None
        assert door.datasource(place.name) is None
        assert door.dashboard(wanted.dashboards[0]["uid"]) is None


def test_what_somebody_changed_is_shown_then_overwritten(place: Place) -> None:
    wanted = place.wanted()
    with place.door() as door:
        push(door, wanted)
        theirs = place.board("one", "One")
        theirs["panels"][0]["fieldConfig"]["defaults"]["max"] = 80
        door.save_dashboard(theirs, wanted.folder, "by hand")
        lines = compare(door, wanted.dashboards, wanted.tag, wanted.uid_pattern)
        assert lines == [f"{theirs['title']}: panel 'Load': fieldConfig.defaults.max 100 -> 80"]
        assert push(door, wanted)[-2:] == [(Outcome.CHANGED, "dashboard"), (Outcome.UNCHANGED, "dashboard")]
        assert compare(door, wanted.dashboards, wanted.tag, wanted.uid_pattern) == []


def test_a_dashboard_somebody_moved_comes_back(place: Place) -> None:
    wanted = place.wanted()
    with place.door() as door:
        push(door, wanted)
        door.save_dashboard(dict(wanted.dashboards[0]), "", "moved")
        assert push(door, wanted)[-2:] == [(Outcome.CHANGED, "dashboard"), (Outcome.UNCHANGED, "dashboard")]
        stored = door.dashboard(wanted.dashboards[0]["uid"])
        assert stored is not None
        assert stored.folder == wanted.folder


def test_only_ours_are_pruned(place: Place) -> None:
    wanted = place.wanted()
    stranger = {**place.board("x", "Stranger"), "uid": f"x-{place.name}"}
    other = {**place.board("other", "Other"), "tags": []}
    with place.door() as door:
        push(door, wanted)
        for model in (stranger, other):
            door.save_dashboard(model, wanted.folder, "by hand")
        fewer = replace(wanted, dashboards=wanted.dashboards[:1])
        run = Push(door, fewer, Mode.WRITE, lambda _: None)
        gone = run.gone()
        assert list(gone) == [wanted.dashboards[1]["uid"]]
        assert compare(door, fewer.dashboards, fewer.tag, fewer.uid_pattern)[0].endswith("`push --prune` deletes it")
        run.prune(gone)
        assert run.gone() == {}
        assert door.dashboard(wanted.dashboards[1]["uid"]) is None
        assert door.dashboard(stranger["uid"]) is not None
        assert door.dashboard(other["uid"]) is not None


def test_a_data_source_is_made_changed_and_left(place: Place) -> None:
    with place.door() as door:
        assert (Outcome.MADE, "data") in push(door, place.wanted(datasource=place.source()))
        theirs = door.datasource(place.name)
        assert theirs is not None
        assert theirs["secureJsonFields"] == {"httpHeaderValue1": True}
        assert place.source().changes(theirs) == []
        moved = place.wanted(datasource=place.source("http://127.0.0.1:10"))
        assert (Outcome.CHANGED, "data") in push(door, moved)
        theirs = door.datasource(place.name)
        assert theirs is not None
        assert theirs["url"] == "http://127.0.0.1:10"


def test_an_account_for_a_wall_is_made_once(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "wall"
    with place.door() as door:
        for outcomes in ({Outcome.MADE: 2}, {Outcome.UNCHANGED: 2}):
            run = Push(door, place.wanted(), Mode.WRITE, lambda _: None)
            ensure_wall(run, file, f"wall-{place.name}")
            assert run.counted == outcomes
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text().startswith("glsa_")


def test_a_file_that_holds_another_secret_is_not_taken_for_the_walls_token(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "wall"
    file.write_text("something else")
    with place.door() as door, pytest.raises(ConfigError, match="give another file"):
        ensure_wall(Push(door, place.wanted(), Mode.WRITE, lambda _: None), file, f"wall-{place.name}")
    assert file.read_text() == "something else"


def test_a_token_nobody_gave_out_is_not_accepted(place: Place) -> None:
    with place.door("glsa_wrong") as door, pytest.raises(ConfigError, match="the token is not accepted") as refused:
        door.version()
    assert "glsa_wrong" not in str(refused.value)


def test_a_path_beside_grafana_is_said_to_be_none(place: Place) -> None:
    with (
        Door(Address.of(f"{place.url}/beside", "--url", Plain.ALLOWED), Secret(place.token)) as door,
        pytest.raises(CampusError, match=f"{place.url}/beside/.*Grafana"),
    ):
        door.version()


def test_a_secret_is_given_anew_where_the_old_one_does_not_work_or_somebody_says_so() -> None:
    with fake_grafana() as fake, Place(fake.url, ADMIN, "campanile", fake).door() as door:
        place = Place(fake.url, ADMIN, "campanile", fake)
        push(door, place.wanted(datasource=place.source(reader="first")))
        fake.works_with = "Token first"
        assert (Outcome.UNCHANGED, "data") in push(door, place.wanted(datasource=place.source(reader="second")))
        fake.works_with = "Token second"
        assert (Outcome.CHANGED, "data") in push(door, place.wanted(datasource=place.source(reader="second")))
        assert fake.secrets["campanile"] == {"httpHeaderValue1": "Token second"}
        anew = replace(place.wanted(datasource=place.source(reader="second")), secrets=Secrets.ANEW)
        assert (Outcome.CHANGED, "data") in push(door, anew)


def test_a_data_source_that_does_not_work_fails_the_push_with_grafanas_words() -> None:
    with fake_grafana() as fake, Place(fake.url, ADMIN, "campanile", fake).door() as door:
        place = Place(fake.url, ADMIN, "campanile", fake)
        fake.works_with = "Token other"
        notes: list[str] = []
        run = Push(
            door, place.wanted(datasource=place.source()), Mode.WRITE, lambda done: notes.append(done.sentence())
        )
        run.run()
        assert run.counted[Outcome.FAILED] == 1
        assert run.counted[Outcome.MADE] == 4
        (failed,) = [note for note in notes if note.startswith("failed")]
        assert "401 Unauthorized" in failed
        assert "not revoked" in failed


@pytest.mark.parametrize(("measurements", "notes"), [(0, 1), (10, 0)])
def test_a_data_source_without_anything_in_it_is_told(measurements: int, notes: int) -> None:
    with fake_grafana() as fake, Place(fake.url, ADMIN, "campanile", fake).door() as door:
        place, said = Place(fake.url, ADMIN, "campanile", fake), list[str]()
        fake.measurements = measurements
        wanted = place.wanted(datasource=place.source())
        Push(door, wanted, Mode.WRITE, lambda done: said.append(done.sentence())).run()
        assert sum("nothing is stored there yet" in line for line in said) == notes


def test_what_comes_from_provisioning_files_is_left_to_them() -> None:
    with fake_grafana() as fake, Place(fake.url, ADMIN, "campanile", fake).door() as door:
        place = Place(fake.url, ADMIN, "campanile", fake)
        push(door, place.wanted(datasource=place.source()))
        for kept in fake.dashboards.values():
            kept["provisioned"] = True
        fake.datasources["campanile"]["readOnly"] = True
        assert {outcome for outcome, _ in push(door, place.wanted(datasource=place.source()))} == {Outcome.UNCHANGED}
        other = {**place.board("one", "One"), "refresh": "1m"}
        assert push(door, place.wanted(other))[-1] == (Outcome.FAILED, "dashboard")
        with pytest.raises(ConfigError, match="change that file"):
            push(door, place.wanted(datasource=place.source("http://127.0.0.1:10")))
