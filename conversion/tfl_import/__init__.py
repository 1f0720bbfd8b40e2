"""
Reading TensorFlow Lite models (`.tflite`): bytes to records, records to the `tfl` dialect.

A file is read without TensorFlow. Numbers of weights stay in the file, mapped.
"""
