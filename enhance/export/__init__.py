"""Models for other tools: ONNX, and packages of bioimage.io."""
