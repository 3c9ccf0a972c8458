"""The sample store that keeps everything in an InfluxDB server."""
