"""Is it all right, now? The health of the district, a school, a device, with the reason in words."""
