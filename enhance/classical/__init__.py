"""Classical enlargements and restorations, tuned on the pairs they are compared on."""
