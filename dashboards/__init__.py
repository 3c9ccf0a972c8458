"""Grafana dashboards as typed Python, rendered to JSON for each language and each major of Grafana.

`boards` has what is shown, one file a dashboard; `influxql` how it is asked for; `panels`, `variables`, `marks` and `links`
how it looks; `words` what it says. `rendering` makes the JSON, and `grafana` brings it to a server.
"""
