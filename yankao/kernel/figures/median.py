"""The median as an aggregate, the same on both databases."""

from __future__ import annotations

from typing import Any

from django.db.models import Aggregate, FloatField


class Median(Aggregate):
    """中位數 The middle value: `PERCENTILE_CONT` on PostgreSQL, the aggregate of `kernel/sqlite` on
    SQLite.
    """

    function = "MEDIAN"
    output_field = FloatField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"
        return self.as_sql(compiler, connection, template=template, **more)
