"""The InfluxQL that dashboards ask, answered over the sample store: read only, for whoever has an access token."""
