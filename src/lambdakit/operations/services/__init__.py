"""AWS's services beside functions: played here, or those that the developer names."""

from lambdakit.operations.services.endpoints import SERVED, point_at, read_credentials
from lambdakit.operations.services.on_demand import MISSING, MotoOnDemand, can_serve

__all__ = ["MISSING", "SERVED", "MotoOnDemand", "can_serve", "point_at", "read_credentials"]
