"""Pause the services that only training needs, so that inference has the machine for itself.

MLflow and its stores are not among them: inference asks it for the model.
"""

from capacity.services.before import Before
from capacity.services.engine_api import Engine
from stack.context import Stack
from stack.docker import PROJECT

TRAINING = frozenset(
    [
        "airflow-apiserver",
        "airflow-dag-processor",
        "airflow-scheduler",
        "airflow-triggerer",
        "airflow-worker",
        "flower",
        "postgres",
        "random-data-api",
        "redis",
    ]
)
_SECONDS = 120.0


def pause_training(stack: Stack, engine: Engine) -> int:
    """Pause those that run; how many.

    Raises:
        ProcessFailed: one could not be paused.
    """
    services = sorted(
        {
            one.service
            for one in engine.listed({PROJECT})
            if one.service in TRAINING and one.state == "running"
        }
    )
    if services:
        # All profiles, because Flower is in one.
        command = ["compose", "--profile", "*", "pause", *services]
        stack.docker.run_well("capacity-pause", command, _SECONDS)
    return len(services)


def resume(stack: Stack, engine: Engine, before: Before) -> int:
    """Let all containers go on that ran before and are paused now; how many.

    Raises:
        ProcessFailed: one could not be resumed.
    """
    ran = {name for name, look in before.containers.items() if look.state == "running"}
    paused = [
        one.name for one in engine.listed({PROJECT}) if one.state == "paused" and one.name in ran
    ]
    if paused:
        stack.docker.run_well("capacity-resume", ["unpause", *paused], _SECONDS)
    return len(paused)
