"""What stands in the simulated district: schools, rooms, timetables, devices, ports and cables. All of it follows from a seed.

Nothing here knows the time; `simulator.life` makes it live.
"""
