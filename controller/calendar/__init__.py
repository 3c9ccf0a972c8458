"""When a school is a school: terms, holidays, make-up and exam days, bells, meals and the timetable; one door for all who ask."""
