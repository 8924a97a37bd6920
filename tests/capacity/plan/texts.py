"""Plans as texts."""

GOOD = """\
name: mine
configurations:
  - {cpus: 0.5, memory: 400M}
load:
  closed:
    users: 1000
    spawn_rate: 50
  limit: {samples: 1}
objective:
  p95_ms: 100
"""


def changed(old: str, new: str) -> str:
    """The good plan with one part replaced."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)
