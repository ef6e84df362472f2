"""The application: the command line, the demo and its report."""
