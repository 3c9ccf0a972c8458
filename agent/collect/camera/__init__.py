"""Cameras and recorders: asked over HTTP as their profile says, by ONVIF and RTSP, and looked at.

No picture outlives the check it was fetched for, and none touches the disk.
"""
