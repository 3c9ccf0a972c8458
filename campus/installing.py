"""How what an extra brings gets installed. Never by the bare name: on the public index `campanile` is somebody else's."""

from pathlib import Path

from campus.version import VERSION

_PLACE = Path(__file__).resolve().parent.parent
"""Where our packages lie: a checkout, or what pip has made of a wheel."""


def install_advice(extra: str, place: Path = _PLACE) -> str:
    """What to type where libraries of an extra are missing.

    >>> install_advice("agent", Path("/no/such/place"))
    "install the same wheel again, with its extra: pip install './campanile-0.1.0-py3-none-any.whl[agent]'"
    """
    if (place / "pyproject.toml").is_file():
        return f"run `make setup`, or pip install '.[{extra}]', in {place}"
    wheel = f"./campanile-{VERSION}-py3-none-any.whl"
    return f"install the same wheel again, with its extra: pip install '{wheel}[{extra}]'"
