"""The bench that stages faults: real processes, real sockets, every fault there is a door for, and a reconciliation row by row.

`plan` draws a sequence of faults from a seed, `faults` stages them on a `bench`, `reconcile` says what became of every
reading. Nothing here runs in a school or at the centre.
"""
