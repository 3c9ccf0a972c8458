"""How much the boards are really used, against the timetable."""
