"""What a configuration costs."""

from capacity.configuration import Configuration
from capacity.plan.model import Prices

_MIB_PER_GIB = 1024


def price_per_hour(configuration: Configuration, prices: Prices) -> float:
    """The price of all replicas together for an hour, in the currency of the prices."""
    return (
        configuration.total_cpus * prices.cpu_hour
        + configuration.total_memory / _MIB_PER_GIB * prices.gib_hour
        + configuration.replicas * prices.replica_hour
    )
