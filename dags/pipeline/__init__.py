"""What the DAGs do, as plain functions that never import Airflow.

Reading order: settings, errors; then ingestion (source, validation, tables, store,
ingest); then training (dataset, features, candidates, scores, export, budget,
tracking, registry, gate, training); then rollout.
"""
