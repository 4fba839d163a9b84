"""Where series come from: archives, files of one's own, TensorFlow Datasets."""
