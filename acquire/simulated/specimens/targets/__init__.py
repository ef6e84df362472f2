"""Targets: shapes and noise whose picture is known beforehand."""
