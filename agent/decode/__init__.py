"""Raw to meaning, purely: a profile and a reading in, samples and facts out. No I/O, no clock.

One bad point drops that point only, counted by reason; its neighbours are kept.
"""
