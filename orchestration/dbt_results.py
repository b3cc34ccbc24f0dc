"""How the nodes of a dbt call ended, as the house speaks of it: independent of dbt's own classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# "no-op" is how an exposure ends: there is nothing to build.
_SUCCESSFUL = {"success", "pass", "warn", "no-op"}
_ERROR = {"error", "runtime error"}
# How the engine's own message begins.
_OUT_OF_MEMORY = "Out of Memory Error"


@dataclass(frozen=True)
class NodeResult:
    """How one dbt node ended. `seconds` is its execution time, `failures` the failing rows of a test.

    `statement` is the SQL that was compiled for it; None for what has none (a seed).
    """

    unique_id: str
    status: str
    seconds: float
    message: str
    failures: int | None
    rows: int | None
    statement: str | None = None

    @property
    def is_good(self) -> bool:
        return self.status in _SUCCESSFUL

    @property
    def is_error(self) -> bool:
        """It could not be executed; a test that found something wrong could."""
        return self.status in _ERROR

    @property
    def is_out_of_memory(self) -> bool:
        return self.is_error and _OUT_OF_MEMORY in self.message

    @property
    def is_skipped(self) -> bool:
        return self.status == "skipped"

    def metadata(self) -> dict[str, Any]:
        """What the UI shows beside the asset or check."""
        metadata: dict[str, Any] = {"seconds": self.seconds, "status": self.status}
        if self.failures is not None:
            metadata["failing_rows"] = self.failures
        if self.rows is not None:
            metadata["dagster/row_count"] = self.rows
        if not self.is_good and self.message:
            metadata["message"] = self.message
        return metadata


def node_result(result: Any) -> NodeResult:
    """One of dbt's results (dbt.contracts.results.RunResult)."""
    rows = (result.adapter_response or {}).get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status.value if hasattr(result.status, "value") else result.status),
        seconds=round(float(result.execution_time), 3),
        message=str(result.message or ""),
        failures=result.failures,
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        statement=getattr(result.node, "compiled_code", None),
    )
