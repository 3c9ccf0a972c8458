"""The repository keeps its own promises."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


@pytest.mark.slow
def test_import_contracts_hold() -> None:
    import sys

    said = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[\[<>=; ]", line)[0] for line in wanted} - {"campanile"}
    justified = (ROOT / "docs" / "90-dependencies.md").read_text()
    assert len(names) > 20
    missing = {
        name for name in names if not re.search(rf"^\|.*\b{re.escape(name)}\b.*\| .+ \|$", justified, re.MULTILINE)
    }
    assert not missing


def test_nobody_is_told_to_install_the_package_of_somebody_else() -> None:
    """On the public index `campanile` is another project's: ours is installed from a checkout or a wheel."""
    bare = re.compile(r"\bpip3? install\b[^\n#&;|]*?[ '\"]campanile(?=[\[\s'\"`=<>~&;]|$)", re.MULTILINE)
    assert bare.search("pip install -U 'campanile[agent]'")
    assert bare.search("pip install campanile")
    assert not bare.search("pip install '.[agent]' && campanile agent run")
    advised = [
        path
        for path in _tracked("*.py", "*.md", "*.sh", "*.yaml", "*.template", "*.html", "Makefile", "deploy/*")
        if bare.search(path.read_text()) and path != Path(__file__).resolve()
    ]
    assert not advised


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in _tracked("*.md")
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    ]
    assert len(links) > 5
    broken = [f"{page.relative_to(ROOT)}: {target}" for page, target in links if not (page.parent / target).exists()]
    assert not broken


def test_links_into_documents_lead_to_a_heading() -> None:
    """As GitHub names headings; the Chinese pages' too."""

    def anchors(page: Path) -> set[str]:
        prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
        return set(re.findall(r'<a id="([^"]+)">', prose)) | {
            re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
        }

    links = [
        (page, (page.parent / path).resolve() if path else page, anchor)
        for page in _tracked("*.md")
        for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text())
    ]
    assert len(links) > 20
    broken = [
        f"{page.relative_to(ROOT)}: {target.name}#{anchor}"
        for page, target, anchor in links
        if anchor not in anchors(target)
    ]
    assert not broken


def test_each_decision_has_a_number_of_its_own() -> None:
    decisions = _tracked("docs/adr/*.md")
    numbers = [page.name[:4] for page in decisions]
    assert numbers == [f"{place:04d}" for place in range(1, len(decisions) + 1)]
    assert [int(page.read_text().removeprefix("# ").partition(". ")[0]) for page in decisions] == list(
        map(int, numbers)
    )


def test_lock_files_name_no_download_host() -> None:
    locks = _tracked("requirements/*.lock", "*package-lock.json")
    assert len(locks) >= 3
    naming = [
        f"{lock.name}: {line.strip()}"
        for lock in locks
        for line in lock.read_text().splitlines()
        if '"resolved"' in line or line.startswith(("--index-url", "--extra-index-url", "--find-links"))
    ]
    assert not naming


def test_nothing_in_the_code_listens_on_every_interface() -> None:
    sources = [path for path in _tracked("*.py", "*.yaml", "*.toml") if "tests" not in path.parts]
    assert len(sources) > 50
    listening = [
        str(path.relative_to(ROOT)) for path in sources if re.search(r"""["'](0\.0\.0\.0|::)["']""", path.read_text())
    ]
    assert not listening


def test_no_file_grew_past_comfort() -> None:
    sources = [path for path in _tracked("*.py") if "migrations" not in path.parts]
    assert len(sources) > 50
    grown = {str(path.relative_to(ROOT)): lines for path in sources if (lines := path.read_text().count("\n")) > 450}
    assert not grown, "make a room: split by what a reader looks for"
