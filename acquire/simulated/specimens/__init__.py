"""Specimens: what a slide of the simulated microscope may hold."""
