"""Grafana dashboards as typed Python, rendered to JSON. Not yet filled."""
