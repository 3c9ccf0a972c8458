#!/usr/bin/env python3
"""Make the users of an InfluxDB 1.x with authentication: `campanile` for the controller, `grafana` that only reads.

    users.py http://127.0.0.1:8086 CAMPANILE_PASSWORD_FILE GRAFANA_PASSWORD_FILE

The first user of an empty InfluxDB may be made by anybody who reaches it, so install.sh runs this right after its start. Again it
changes nothing, but that passwords are once more those in the files. Needs Python alone.
"""

import json
import sys
import time
from base64 import b64encode
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TIMEOUT_S = 60.0


def asked(url: str, password: str, statement: str) -> str:
    """The error InfluxDB answers a statement with; empty when it did it. `OSError` when nobody answers."""
    proof = b64encode(f"campanile:{password}".encode()).decode()
    request = Request(f"{url}/query", urlencode({"q": statement}).encode(), {"Authorization": f"Basic {proof}"})  # noqa: S310
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - of this machine
            said = json.load(answer)
    except HTTPError as error:
        said = json.load(error)
    results = said.get("results") or [said]
    return str(results[0].get("error", ""))


def wait_for(url: str) -> None:
    """Until it answers; `SystemExit` when it does not in time."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            with urlopen(f"{url}/ping", timeout=5):  # noqa: S310
                return
        except (URLError, OSError) as error:
            if time.monotonic() > deadline:
                sys.exit(
                    f"users.py: InfluxDB at {url} does not answer ({error}): see `systemctl status influxdb`, then install again"
                )
            time.sleep(0.5)


def main(url: str, own_file: str, reader_file: str) -> None:
    """Make what is missing; `SystemExit` with InfluxDB's words when it refuses."""
    own, reader = (Path(name).read_text().strip() for name in (own_file, reader_file))
    wait_for(url)
    if asked(url, own, "SHOW DATABASES"):
        refused = asked(url, own, f"CREATE USER campanile WITH PASSWORD '{own}' WITH ALL PRIVILEGES")
        if refused:
            sys.exit(
                f"users.py: InfluxDB knows another administrator or password: {refused}. As that administrator: "
                f"SET PASSWORD FOR campanile = '...', the password that stands in {own_file}"
            )
    for statement in (
        "CREATE DATABASE campus",
        f"CREATE USER grafana WITH PASSWORD '{reader}'",
        f"SET PASSWORD FOR grafana = '{reader}'",
        "GRANT READ ON campus TO grafana",
    ):
        refused = asked(url, own, statement)
        if refused and "already exists" not in refused:
            sys.exit(f"users.py: InfluxDB refused {statement.partition(chr(39))[0]!r}: {refused}")


if __name__ == "__main__":
    main(*sys.argv[1:])
