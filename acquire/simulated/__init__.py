"""The simulated microscope: a real Micro-Manager core whose pixels are rendered."""
