"""Dashboards in a running Grafana: put there, kept up to date, compared. Knows dashboards as JSON only, not how they are made."""
