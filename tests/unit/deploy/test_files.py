"""The files of deploy/ themselves: scripts a linter reads, an image from pinned parts, and no secret anywhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.deploy.compose_file import DEPLOY, project

ROOT = DEPLOY.parent
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc")
SECRET_NAMES = re.compile(r"(password|passwd|secret|token|community|api_?key)\w*$", re.IGNORECASE)
ASSIGNMENT = re.compile(r"""([\w-]+)["']?\s*[:=]\s*["']?([^\s"',}#]+)""")
HARMLESS = re.compile(r"^(\$|/|\*|\[|\{|''$|str$|[\w-]+\.txt$)")
"""Variables, patterns, types, names of files."""


def literal_secrets(text: str) -> list[str]:
    """Assignments of a literal to what is called a password, a token and the like."""
    found = []
    for name, value in ASSIGNMENT.findall(text):
        if (
            SECRET_NAMES.search(name)
            and not name.lower().endswith(("_file", "-file", "__file"))
            and not HARMLESS.search(value)
        ):
            found.append(f"{name}={value}")
    return found


@pytest.mark.parametrize(
    "planted", ["POSTGRES_PASSWORD: campanile", "token=abc123", 'password: "x9"', "community: public"]
)
def test_the_scanner_finds_a_planted_secret(planted: str) -> None:
    assert literal_secrets(planted)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_no_file_holds_a_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert literal_secrets(text) == []
    assert "PRIVATE KEY" not in text
    assert not re.search(r"\b(changeme|admin:admin|hunter2|[0-9a-f]{32,})\b", text)


def test_secrets_reach_services_by_files_alone() -> None:
    for name, service in project().services.items():
        for key, value in service.environment.items():
            if SECRET_NAMES.search(key.removesuffix("_FILE").rstrip("_")) and key not in {"GF_SERVER_CERT_KEY"}:
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert value.startswith("/run/campanile/"), f"{name}: {key}"


def test_every_shell_script_is_clean() -> None:
    assert len(SCRIPTS) == 5
    command = [
        str(Path(sys.executable).with_name("shellcheck")),
        "--external-sources",
        f"--source-path={DEPLOY}",
        *map(str, SCRIPTS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_started_but_for_the_one_that_others_read(script: Path) -> None:
    assert bool(script.stat().st_mode & 0o100) == (script.name != "keys.sh")


def dockerfile() -> list[str]:
    """Its instructions, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_is_built_from_pinned_parts_by_locked_packages() -> None:
    bases = [line.split()[1] for line in dockerfile() if line.startswith("FROM")]
    assert bases
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+", base) for base in bases)
    installs = [line for line in dockerfile() if "pip install" in line]
    assert any("--require-hashes -r requirements/demo.lock" in line for line in installs)
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert any("npm ci" in line for line in dockerfile())


def test_the_image_copies_what_is_there_and_lets_through() -> None:
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    kept = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    assert "*" in ignore
    for path in kept:
        assert (ROOT / path).exists(), path
    for line in dockerfile():
        if line.startswith("COPY") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert source == "." or any(source == one or source.startswith(f"{one}/") for one in kept), source
    packages = re.findall(r'"(\w+)\*"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(packages) <= kept, "every package is in the image"


def test_the_image_runs_as_the_user_that_compose_names() -> None:
    users = {service.user for service in project().services.values() if service.build is not None}
    assert [line for line in dockerfile() if line.startswith("USER")] == ["USER 10001:10001"]
    assert users == {"10001:10001", "472:472", "0:0"}
    made = next(line for line in dockerfile() if "install -d" in line)
    for folder in (
        "/var/lib/campanile-controller",
        "/var/lib/campanile-agent",
        "/var/lib/campanile-simulator",
        "/var/backups/campanile",
    ):
        assert folder in made, "a volume is its user's because the folder in the image is"
