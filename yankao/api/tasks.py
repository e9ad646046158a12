"""What the workers do for the programming interface: events are read out of the ledger every minute."""

from .hooks import deliver, spread

__all__ = ["deliver", "spread"]
