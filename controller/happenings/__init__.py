"""Alerts, silences and maintenance windows as points in time, which Grafana lays over every panel as annotations.

Made of what the alert and the silence services say, in the console's words. `service` answers for any store; where samples
are in InfluxDB, `posting` keeps the same points there. What nobody is told of is no annotation.
"""
