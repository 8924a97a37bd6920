"""The whole main job on one machine, without Docker: ``python -m demo --help``.

The package starts the same programs that the stack runs (random-data API, MLflow,
inference, both Airflow DAGs, Locust) on loopback ports, watches them and stops them.
"""
