"""Faults on a running district, through a Unix socket in its folder: `server` in the simulator, `client` in the command."""
