"""AWS's services beside functions: played here, or those that the developer names."""

from lambdakit.operations.services.endpoints import SERVED, point_at, read_credentials
from lambdakit.operations.services.on_demand import MotoOnDemand

__all__ = ["SERVED", "MotoOnDemand", "point_at", "read_credentials"]
