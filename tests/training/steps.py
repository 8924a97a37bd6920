"""What several tests of training do."""

from pathlib import Path

from pipeline.plan import Plan
from pipeline.settings import Settings
from pipeline.training import register_winner, select_winner, train_candidate


def train(settings: Settings, plan: Plan) -> str:
    """Everything up to the gate; returns the challenger's version."""
    results = [train_candidate(settings, plan, name) for name in plan.request.candidates]
    return register_winner(settings, plan, select_winner(settings, plan, results).name)


def alter(artifacts: Path, name: str) -> None:
    """Flip one byte in the middle of the newest stored file of a name."""
    path = max(artifacts.rglob(name), key=lambda each: each.stat().st_mtime)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
