"""Cameras and a recorder that answer: HTTP with digest, as three makers do, ONVIF, RTSP, and pictures of a corridor."""
