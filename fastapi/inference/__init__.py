"""The inference service: keeps the registry's champion loaded and answers predictions.

It reads the registry through MLflow's REST API and runs the model with ONNX Runtime; it
needs neither MLflow nor scikit-learn, and it never opens a pickle.
"""
