"""Switches with a command line on SSH: prompts, pagers and privilege as vendors have them, and a configuration that changes."""
