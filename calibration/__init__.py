"""Facts about the rig, and measurement from arrays; touches no device."""
