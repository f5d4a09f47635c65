from typing import Any

from lambdakit.observability import setup

observability = setup(service="shop")


def handler(event: dict[str, Any], context: Any) -> int:
    records = event["Records"]
    observability.metrics.add_metric("messages", "Count", len(records))
    observability.metrics.flush_metrics()
    observability.logger.info("messages read", count=len(records))
    return len(records)
