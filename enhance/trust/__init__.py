"""Trust: where a picture is unlike the training, whether the enhanced one agrees with it, and at what pixel size."""
