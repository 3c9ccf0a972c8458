"""What a person mistypes is answered by one sentence, never by a stack trace."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from campanile.cli import main

MISTAKES = [
    (["agent", "run", "--config", "nowhere.yaml"], "nowhere.yaml: cannot be read: there is no such file or folder"),
    (["agent", "run", "--config", "empty.yaml"], "empty.yaml:1: the key 'site' is missing"),
    (["agent", "run", "--config", "noise.bin"], "noise.bin: cannot be read: it is not text in UTF-8"),
    (["agent", "probe", "10.0.0.1:99999"], "the port must be a number from 1 to 65535"),
    (["agent", "probe", "no such name"], "is not an address: write 10.1.2.3"),
    (["agent", "probe", "nobody.invalid"], "no name server knows 'nobody.invalid': write the device's address"),
    (["agent", "probe", "127.0.0.1:1", "--profile", "huawei/vrpp"], "there is no profile 'huawei/vrpp'. Did you mean"),
    (
        ["controller", "run", "--config", "nowhere.yaml"],
        "nowhere.yaml: cannot be read: there is no such file or folder",
    ),
    (["controller", "enrol", "--config", "empty.yaml", "empty.yaml"], "the key 'organisations' is missing"),
    (["controller", "import", "--config", "empty.yaml", "noise.bin"], "noise.bin: not a frame file"),
    (
        ["controller", "sign-in-link", "--config", "empty.yaml", "--organisation", "x"],
        "no organisation 'x' is enrolled",
    ),
    (["profiles", "check", "nowhere.yaml"], "nowhere.yaml: no profile there"),
    (["simulate", "run", "--dir", "nowhere"], "nowhere holds no simulated district"),
    (
        ["simulate", "fault", "garbage", "--school", "x", "--dir", "nowhere"],
        "no simulated district is running in nowhere",
    ),
    (["simulate", "replay", "noise.bin"], "noise.bin:1: not an OID|TAG|VALUE line"),
    (
        ["profiles", "new", "--from-walk", "words.txt"],
        "words.txt:1: not a line of `snmpbulkwalk -On`: 'sysDescr = STRING: a switch'",
    ),
    (
        ["profiles", "new", "--from-walk", "words.snmprec"],
        "words.snmprec:1: not an OID|TAG|VALUE line: tag 'text' is not",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.yaml").touch()
    Path("noise.bin").write_bytes(b"\xff\xfe\x80")
    Path("words.txt").write_text("sysDescr = STRING: a switch\n")
    Path("words.snmprec").write_text("1.3.6.1.2.1.1.1.0|text|a switch\n")
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code in {1, 2}
    assert sentence in done.output
    assert len(done.output.splitlines()) == 1
    assert isinstance(done.exception, SystemExit)
