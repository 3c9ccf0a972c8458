"""Asking and hearing devices. One module per protocol, one shape for what they return (`port`)."""
