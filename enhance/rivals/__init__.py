"""Other networks for the same task, built from their papers, to be trained and judged exactly as ours is."""
