"""Runs in a school: asks and hears devices, turns readings into meaning, keeps them safe, sends them to the controller."""
