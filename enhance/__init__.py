"""Fusion, training sets, the network, its training and its inference: the only package that knows torch."""
