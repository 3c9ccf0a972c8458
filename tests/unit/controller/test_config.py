"""The controller's YAML: defaults work, mistakes are sentences with a line."""

from pathlib import Path

import pytest

from campus.errors import ConfigError
from controller.config import load_config
from controller.run import enter_address
from controller.store.port import Retention

WHOLE = """\
data_dir: data
broker: {host: 127.0.0.1, port: 18830, username: district, password_file: broker.txt}
http: {host: 127.0.0.1, port: 8081}
district: {timezone: Asia/Shanghai, name_en: East District, name_zh: 东区}
enrolment: district.yaml
retention: {raw_days: 35, five_minutes_days: 400, hour_days: 1200, day_days: 4000}
store: embedded
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "controller.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_a_working_configuration(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, ""))
    assert config.data_path == tmp_path / "data"
    assert (config.http.host, config.http.port, config.enrolment) == ("127.0.0.1", 8080, "")
    assert config.database_url().reveal() == f"sqlite:///{tmp_path}/data/registry.db"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "broker.txt").write_text("hunter2\n")
    config = load_config(write(tmp_path, WHOLE))
    assert config.enrolment_path == tmp_path / "district.yaml"
    assert config.retention == Retention(35, 400, 1200, 4000)
    password = config.broker.password()
    assert password is not None
    assert password.reveal() == "hunter2"
    assert "hunter2" not in repr(config) + str(password) + f"{password!r}"


def test_the_secret_of_influxdb_stands_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "influx.txt").write_text("hunter2\n")
    text = "influxdb: {username: campanile, password_file: influx.txt, tls: {ca_file: ca.pem}}"
    entered = load_config(write(tmp_path, text)).influxdb
    password = entered.password()
    assert password is not None
    assert (password.reveal(), entered.token()) == ("hunter2", None)
    assert entered.tls is not None
    assert entered.tls.ca_file == str(tmp_path / "ca.pem")
    assert "hunter2" not in repr(entered)


def test_rules_of_the_districts_own_stand_beside_the_file(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "")).rules_path is None
    assert load_config(write(tmp_path, "alerts: {rules_dir: rules}")).rules_path == tmp_path / "rules"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http: {prot: 80}", "controller.yaml:1: http: unknown key 'prot'. Did you mean 'port'?"),
        ("a: 1\nretenton: {}", "unknown key"),
        ("data_dir: x\nhttp:\n  host: 0.0.0.0", "controller.yaml:3: http.host: '0.0.0.0' would show the console"),
        (
            "http: {public_url: campanile.example}",
            "http.public_url: 'campanile.example' is not the address of a TLS proxy",
        ),
        ("http: {public_url: 'http://campanile.example'}", "write it as 'https://campanile.example'"),
        ("http: {public_url: 'https://campanile.example/x'}", "write it as 'https://campanile.example'"),
        ("http: {port: 70000}", "http.port: 70000 is not a port"),
        ("district: {timezone: China/Beijing}", "district.timezone: 'China/Beijing' is not an IANA time zone"),
        ("retention: {raw_days: 0}", "retention.raw_days: 0 days: keep at least 1"),
        (
            "applications: {hold_s: 400}",
            "controller.yaml:1: applications.hold_s: 400 must be 0 or more, and below fresh_s",
        ),
        ("applications: {names: {portal: {en: Portal}}}", "zh"),
        ("throughput: {max_bytes: 1}", "throughput.max_bytes: 1 measures nothing"),
        ("limits: {frames_per_s: 2}", "limits.frames_per_s: 2 would keep honest agents out: allow at least 50"),
        ("store: oracle", "store: Invalid enum value 'oracle'"),
        (
            "store: influxdb\ninfluxdb:\n  url: http://127.0.0.1:8086/x",
            "controller.yaml:3: influxdb.url: 'http://127.0.0.1:8086/x' is not an address",
        ),
        ("influxdb: {url: 'http://127.0.0.1:8086 x'}", "is not an address"),
        ("influxdb: {url: 'http://127.0.0.1:80860'}", "is not an address"),
        ("influxdb: {url: 'http://127.0.0.1:8086#x'}", "is not an address"),
        ("influxdb: {databse: campus}", "influxdb: unknown key 'databse'. Did you mean 'database'?"),
        ("influxdb: {database: campus/5m}", "influxdb.database: 'campus/5m' cannot name a database"),
        ("influxdb: {version: 4}", "influxdb.version"),
        ("influxdb: {version: 2, organisation: o}", "influxdb.token_file: InfluxDB 2 is entered by a token"),
        ("influxdb: {version: 2, token_file: t}", "influxdb.organisation: InfluxDB 2 needs the name"),
        ("influxdb: {username: campanile}", "influxdb.username: username and password_file belong together"),
        ("influxdb: {timeout_s: 0}", "influxdb.timeout_s: 0 seconds: use 1 to 600"),
        ("http: {port: '80'}", "Expected `int`, got `str`"),
        ("data_dir: a\ndata_dir: b", "controller.yaml:2: 'data_dir' stands twice"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, text))
    assert said in str(error.value)


def test_no_secret_stands_in_the_address_of_influxdb(tmp_path: Path) -> None:
    """Errors and logs say the address."""
    with pytest.raises(ConfigError, match="leave user and password out of the address") as error:
        load_config(write(tmp_path, "influxdb: {url: 'http://campanile:hunter2@127.0.0.1:8086'}"))
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("entry", "is_good"),
    [
        ("{url: 'http://db:8086', token_file: t.txt, organisation: o}", False),
        ("{url: 'http://192.0.2.7:8086', username: u, password_file: p.txt}", False),
        ("{url: 'http://db:8086', token_file: t.txt, organisation: o, insecure_http: true}", True),
        ("{url: 'https://db:8086', token_file: t.txt, organisation: o}", True),
        ("{url: 'http://localhost:8086', username: u, password_file: p.txt}", True),
    ],
)
def test_no_secret_of_the_sample_store_travels_unencrypted_unasked(tmp_path: Path, entry: str, is_good: bool) -> None:
    path = write(tmp_path, f"store: influxdb\ninfluxdb: {entry}\n")
    if is_good:
        assert load_config(path).influxdb.url
        return
    with pytest.raises(ConfigError, match="would travel unencrypted"):
        load_config(path)


def test_links_lead_to_the_proxy_where_there_is_one(tmp_path: Path) -> None:
    alone = load_config(write(tmp_path, ""))
    assert enter_address(alone, "t") == "http://127.0.0.1:8080/enter?token=t"
    proxied = load_config(write(tmp_path, "http: {public_url: 'https://campanile.example:8443/'}"))
    assert enter_address(proxied, "t") == "https://campanile.example:8443/enter?token=t"
    assert proxied.http.public_name == "campanile.example"


def test_a_database_elsewhere_is_named_by_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_URL", "postgresql+psycopg://campanile:secret@db/registry")
    config = load_config(write(tmp_path, "database_url_env: REGISTRY_URL"))
    assert config.database_url().reveal().endswith("@db/registry")
    monkeypatch.delenv("REGISTRY_URL")
    with pytest.raises(ConfigError, match="REGISTRY_URL is empty or not set"):
        config.database_url()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(write(tmp_path, "database_url_file: nowhere.txt")).database_url()
