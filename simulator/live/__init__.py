"""The district now: its clock runs, counters add up, faults are switched on and off, devices answer and publish."""
