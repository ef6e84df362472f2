"""Driving the microscope: the only package that knows pycromanager and Micro-Manager."""
