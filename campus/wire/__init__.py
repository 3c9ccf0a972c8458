"""How things travel: frames and their bytes.

`frame` says what a frame holds, `codec` turns it into bytes and safely back, `pack` builds the columns of a samples frame
without numpy (agents), `columns` reads and builds them with numpy (controller, simulator), `json_form` is the readable
form a vendor can publish from a shell script, `frame_file` keeps frames in a file.
"""
