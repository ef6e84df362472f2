"""The viewer: the only package that knows Qt and pyqtgraph."""
