"""The district's past as frames, as its agents would have sent them.

`snapshot` reads a device's MIB as an agent would, `select` finds rows, names and facts as its profile says, `formula` is one
series as arithmetic on quantities, `series` makes all formulas of a site, `table` works them out for thousands of instants
at once, `frames` packs them. What a real agent makes of the same devices must be the same series and values: a test holds
both together.
"""
