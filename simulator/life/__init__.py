"""How the district lives: every quantity of a site as a pure function of (seed, plan, faults, time).

A site's quantities are columns of one matrix; `SiteLife.evaluate` gives the rows of any instants, one or thousands, so
that what is polled live and what is written as history come from the same lines of code.
"""
