"""Grafana dashboards as typed Python, rendered to JSON."""
