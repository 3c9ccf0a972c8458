"""The files of a simulated district: what the controller, the agents and the simulator itself are told.

`shape` is the simulator's own file, `ports` finds free addresses, `agents` and `enrolment` write the others' files, `write`
does it all.
"""
