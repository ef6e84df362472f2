"""What it costs and how good it is: each module prints figures that the documentation quotes."""
