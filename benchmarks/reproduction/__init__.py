"""The claims of Rivenson et al. 2017, one by one, on the simulated microscope."""
