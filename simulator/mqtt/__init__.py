"""Devices that publish: what they say (`message`) and how they say it on their school's broker (`publisher`)."""
