"""`campanile agent services`: everything asked once, told in lines or as JSON."""

import json
from pathlib import Path

from click.testing import CliRunner

from campanile.cli import main
from tests.servers.daemon import free_port


def told(folder: Path, text: str, *options: str) -> str:
    (folder / "agent.yaml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["agent", "services", "--config", str(folder / "agent.yaml"), *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_what_was_found_is_one_line_each(tmp_path: Path) -> None:
    port = free_port()
    text = (
        f'site: no-1\nservices: [{{id: mail, check: tcp, address: "127.0.0.1:{port}"}}]\n'
        "path: {targets: [{id: loopback, address: 127.0.0.1}], pings: 2, interval_s: 0.02}\n"
    )
    service, path = told(tmp_path, text).splitlines()
    assert service == f"mail      refused: 127.0.0.1:{port} refuses connections: nothing listens there"
    assert path.startswith(("loopback  answers", "loopback  not permitted"))
    rows = json.loads(told(tmp_path, text, "--json"))
    assert [each["id"] for each in rows] == ["mail", "loopback"]
    assert rows[0]["state"] == "refused"


def test_a_file_without_any_says_what_to_add(tmp_path: Path) -> None:
    assert "add `services:` or `path:`" in told(tmp_path, "site: no-1\n")
