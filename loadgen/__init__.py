"""A load generator for one HTTP address: closed loop, or open loop at a fixed rate.

Locust plays users; this plays arrivals. It sends requests that were rendered before the run
over raw connections, so one core drives more than any server in Python answers, and it says
when itself was the limit. ``python -m loadgen --help``.
"""
