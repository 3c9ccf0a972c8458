"""`campanile spec` as a person or a script meets it."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given

from campanile.cli import main
from campus.samples import DeviceFacts, DeviceKind
from campus.spec.read import frame_as_json
from campus.wire.codec import encode_frame
from campus.wire.frame import FactsBody, Frame, SamplesBody
from campus.wire.frame_file import MAGIC
from campus.wire.json_form import decode_json
from tests.unit.campus.wire.frames import AT, frame_of, frames, sample
from tests.unit.campus.wire.test_json_form import ROW, form

GOOD = encode_frame(frame_of(FactsBody([DeviceFacts(sample().key.device, DeviceKind.KITCHEN_MONITOR, AT)])))


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["spec", *arguments], input=stdin)


def test_the_topics_of_a_publisher() -> None:
    assert run("topic", "no-3-primary", "acme").output.splitlines()[0].startswith("campus/1/15/no-3-primary/acme/up ")
    assert json.loads(run("topic", "no-3-primary", "acme", "--json").output)["state"].endswith("/state")
    refused = run("topic", "第三小学", "acme")
    assert refused.exit_code == 2
    assert "lower-case" in refused.output


@pytest.mark.parametrize(
    ("form_name", "start"),
    [
        ("md", "# Data-access"),
        ("json-schema", "{"),
        ("frame-schema", "{"),
        ("metrics", "{"),
        ("asyncapi", "asyncapi: 3"),
    ],
)
def test_each_part_can_be_shown(form_name: str, start: str) -> None:
    assert run("show", "--format", form_name).output.startswith(start)


def test_the_page_in_chinese() -> None:
    assert run("show", "--lang", "zh").output.startswith("# 数据接入规范")


def test_write_says_what_it_wrote(tmp_path: Path) -> None:
    assert "asyncapi.yaml" in run("write", str(tmp_path)).output
    assert run("write", str(tmp_path)).output == "nothing changed\n"


def test_a_clean_file(tmp_path: Path) -> None:
    (tmp_path / "frame").write_bytes(GOOD)
    done = run("check", str(tmp_path / "frame"))
    assert done.exit_code == 0
    assert done.output == "clean; advice: 0. 1 messages, 1 frames, 0 samples (- bytes each) from no-3-primary/acme\n"


def test_advice_does_not_count(tmp_path: Path) -> None:
    done = run("check", "--lang", "zh", "-", stdin=form())
    assert done.exit_code == 0
    assert done.output.startswith("建议")


def test_findings_on_standard_input_as_json() -> None:
    done = run("check", "-", "--json", stdin=form([ROW, ROW | {"metric": "tempreature_cel"}]))
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert not report["clean"]
    (wrong,) = [finding for finding in report["findings"] if finding["severity"] == "wrong"]
    assert wrong["reason"] == "unknown_metric"
    assert wrong["first"] == {"message": 1, "frame": "no-3-primary/acme 1.1", "path": "samples[1]"}
    assert "temperature_cel" in wrong["detail"]
    assert wrong["do"]


def test_a_damaged_frame_file_is_a_finding() -> None:
    done = run("check", "-", stdin=MAGIC + len(GOOD).to_bytes(4, "little") + GOOD + b"\x09\x00")
    assert done.exit_code == 1
    assert "[corrupt]" in done.output
    assert "message 2" in done.output


def test_an_empty_file_is_a_finding() -> None:
    done = run("check", "-", stdin=b"")
    assert done.exit_code == 1
    assert "[nothing_heard]" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "either FILE"),
        (["check", "-", "--broker", "127.0.0.1"], "either FILE"),
        (["check", "/nowhere/frame"], "No such file"),
        (["check", "--broker", "127.0.0.1:http"], "port is not a number"),
        (["check", "--broker", "127.0.0.1:1"], "cannot connect: Connection refused. Does a broker listen there?"),
        (["write", "/dev/null/docs"], "/dev/null/docs: cannot be written: Not a directory."),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_frames_are_read_aloud() -> None:
    done = run("read", "-", stdin=form() + b"\n" + b"{rubbish}\n" + form(number=2))
    assert done.exit_code == 1
    assert "message 2: corrupt: not JSON" in done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["number"], second["number"]) == (1, 2)
    assert first["samples"] == [ROW | {"instance": "", "at": "2026-09-21T14:13:20.000Z"}]


@given(frames)
def test_any_frame_is_read_aloud_and_samples_mean_the_same(frame: Frame) -> None:
    said = json.loads(json.dumps(frame_as_json(frame)))
    assert said["site"] == frame.site
    if isinstance(frame.body, SamplesBody):
        header = {name: said[name] for name in ("site", "agent", "epoch", "number", "sent_at", "samples")}
        assert decode_json(json.dumps(header).encode()) == frame
    else:
        assert msgspec.convert(said, type(frame.body)) == frame.body
