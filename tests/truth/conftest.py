from tests.truth.planting import plant_in_kick, plant_in_limit, plant_in_noise

__all__ = ["plant_in_kick", "plant_in_limit", "plant_in_noise"]
