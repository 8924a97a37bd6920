"""The capacity planner: which CPU, memory and replicas hold which load."""
