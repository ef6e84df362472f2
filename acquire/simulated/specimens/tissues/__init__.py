"""Tissues: stained sections, made up cell by cell."""
