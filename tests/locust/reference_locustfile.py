"""An outside client: a plain locustfile that knows the service by its address and field names.

It is written the way the reference system's own load test is. Its values leave the ranges of
the data, and its names are spelled out, so that a renamed field or a range check in the
service shows up here as failures.
"""

import random

from locust import HttpUser, between, task


class ReferenceUser(HttpUser):
    wait_time = between(1, 2.5)

    @task
    def predict(self) -> None:
        self.client.post(
            "/predict/",
            json={
                "Elevation": random.randint(1000, 3000),
                "Aspect": random.randint(0, 360),
                "Slope": random.randint(0, 90),
                "Horizontal_Distance_To_Hydrology": random.randint(0, 2000),
                "Vertical_Distance_To_Hydrology": random.randint(-500, 1000),
                "Horizontal_Distance_To_Roadways": random.randint(0, 10000),
                "Hillshade_9am": random.randint(0, 255),
                "Hillshade_Noon": random.randint(0, 255),
                "Hillshade_3pm": random.randint(0, 255),
                "Horizontal_Distance_To_Fire_Points": random.randint(0, 10000),
            },
        )
