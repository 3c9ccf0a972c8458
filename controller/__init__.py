"""The district centre: takes frames in, keeps them, judges them, shows them.

A folder per capability. `main` wires them; nothing else constructs adapters.
"""
