"""Where secrets may be sent."""

import pytest

from campus.errors import ConfigError
from dashboards.grafana.address import Address, Plain


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://grafana.example", "https://grafana.example/"),
        ("https://grafana.example:3000/", "https://grafana.example:3000/"),
        ("https://centre.example/a/grafana", "https://centre.example/a/grafana/"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000/"),
        ("http://[::1]:3000", "http://[::1]:3000/"),
        ("http://localhost", "http://localhost/"),
    ],
)
def test_an_address_is_taken_whole(url: str, written: str) -> None:
    assert str(Address.of(url, "--url", Plain.FORBIDDEN)) == written


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("grafana.example", "no address of a server"),
        ("ftp://grafana.example", "no address of a server"),
        ("", "no address of a server"),
        ("https://", "no address of a server"),
        ("https://grafana.example:port", "no address"),
        ("https://[::1", "no address"),
        ("https://grafana.example/?orgId=1", "after ? or #"),
        ("http://grafana.example", "--insecure-http"),
        ("http://127.0.0.1.example", "--insecure-http"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match="--url") as refused:
        Address.of(url, "--url", Plain.FORBIDDEN)
    assert words in str(refused.value)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as refused:
        Address.of("https://admin:hunter2@grafana.example", "--url", Plain.FORBIDDEN)
    assert "hunter2" not in str(refused.value)


def test_plain_http_is_taken_where_somebody_says_so() -> None:
    assert Address.of("http://grafana:3000", "--url", Plain.ALLOWED).host == "grafana"
