"""A whole district on one machine: real processes over real sockets, started, watched and stopped together."""
