"""MLServer takes its settings from a folder."""

import json
from pathlib import Path

from demo.ports import free_port


def write_settings(folder: Path, host: str, port: int) -> Path:
    """One model in the server's own process, no metrics; the unused gRPC port is any free one."""
    folder.mkdir(parents=True, exist_ok=True)
    server = {
        "host": host,
        "http_port": port,
        "grpc_port": free_port(),
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {"name": "forest", "implementation": "bench.apps.mlserver_runtime.ForestRuntime"}
    (folder / "settings.json").write_text(json.dumps(server), encoding="utf-8")
    (folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
    return folder
