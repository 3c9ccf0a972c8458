"""`services` and `path` of agent.yaml: what can be meant is resolved, what cannot is said with its line."""

from pathlib import Path

import pytest

from agent.config import AgentConfig, load_config
from agent.services.http import HttpCheck
from agent.services.names import DnsCheck
from agent.services.ports import PortCheck
from campus.errors import ConfigError
from tests.servers.authority import Authority

GOOD = """\
site: no-1-primary
credentials: {portal: {username: checker, password: {value: s3cret}}}
services:
  - {id: teaching, check: http, url: "https://teaching.example/login", words: [教学平台], credential: portal, ca_file: ca.pem}
  - {id: mail, check: tcp, address: "mail.example:25"}
  - {id: directory, check: tls, address: ldap.example, name: directory.example}
  - {id: names, check: dns, question: teaching.example, server: "10.0.0.53", answers: [10.0.0.5]}
  - {id: time, check: ntp, address: ntp.example}
path:
  targets: [{id: centre, address: 10.0.0.5}, {id: gateway, address: 10.20.1.1}]
  throughput: {url: "https://campanile.example", token: {value: t0ken}, ca_file: ca.pem}
"""


def loaded(folder: Path, text: str) -> AgentConfig:
    (folder / "ca.pem").write_bytes(Authority(folder).file.read_bytes())
    (folder / "agent.yaml").write_text(text, encoding="utf-8")
    return load_config(folder / "agent.yaml")


def test_every_kind_of_check_is_resolved(tmp_path: Path) -> None:
    config = loaded(tmp_path, GOOD)
    kinds = [type(each.check).__name__ for each in config.services]
    assert kinds == [HttpCheck.__name__, PortCheck.__name__, PortCheck.__name__, DnsCheck.__name__, "NtpCheck"]
    assert [each.every_s for each in config.services] == [60, 60, 60, 60, 300]
    assert [str(each.check.tls_place and each.check.tls_place[0]) for each in config.services[:3]] == [
        "teaching.example:443",
        "None",
        "ldap.example:443",
    ]
    assert config.path is not None
    assert config.path.probe is not None
    assert [each.id for each in config.path.settings.targets] == ["centre", "gateway"]
    assert "s3cret" not in repr(config)
    assert "t0ken" not in repr(config)


@pytest.mark.parametrize(
    ("was", "becomes", "advice"),
    [
        ("id: teaching,", "id: 教学,", "agent.yaml:4: '教学' is not an id"),
        ("id: mail,", "id: teaching,", "agent.yaml:5: the service 'teaching' already stands at .*:4"),
        ("check: tcp", "check: telnet", "agent.yaml:5"),
        ("https://teaching.example/login", "teaching.example", "is not the address of a page"),
        ("https://teaching.example", "https://me:secret@teaching.example", "under `credentials`"),
        ("credential: portal", "credential: portl", "Did you mean 'portal'"),
        ("ca_file: ca.pem}\n  - {id: mail", "ca_file: none.pem}\n  - {id: mail", "cannot be used"),
        ("mail.example:25", "mail.example", "names no port"),
        ('server: "10.0.0.53"', "server: dns.example", "write the server's address"),
        ("address: ntp.example", "address: ntp.example, every_s: 1", "every_s is 1, must be at least 5"),
        ("words: [教学平台]", "words: [教学平台], max_bytes: 99999999", "max_bytes is 99999999"),
        ("id: gateway", "id: centre", "'centre' stands twice"),
        ("address: 10.20.1.1", 'address: "10.20.1.1:80"', "a ping has no port"),
        ("targets:", "pings: 100\n  targets:", "longer than every_s"),
        ("https://campanile.example", "http://campanile.example", "the token would travel in the open"),
        ("https://campanile.example", "https://campanile.example/api", "is not the console's address"),
        ("token: {value: t0ken}", "token: {}", "name exactly one of file, env and value"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_line(tmp_path: Path, was: str, becomes: str, advice: str) -> None:
    assert GOOD.count(was) == 1, was
    with pytest.raises(ConfigError, match=advice) as told:
        loaded(tmp_path, GOOD.replace(was, becomes))
    assert "s3cret" not in str(told.value)
    assert "agent.yaml:" in str(told.value)
