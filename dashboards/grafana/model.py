"""What Grafana's HTTP API speaks."""

from typing import Any

Json = dict[str, Any]
"""An object of JSON: a dashboard, a data source, an answer."""
