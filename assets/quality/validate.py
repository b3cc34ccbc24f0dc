"""Runs an expectation suite over a frame with Great Expectations and says which rows break which rule.

Great Expectations takes seconds to import, so that happens at the first use only; one context serves all
datasets. It keeps nothing on disk, draws no progress bars and reports nothing to anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from assets.quality.suites import Expectation, Severity, Suite

_GX_SEVERITIES: Mapping[Severity, str] = {"blocking": "critical", "warning": "warning"}
_WANTED = {"result_format": "COMPLETE", "include_unexpected_rows": False}


class ValidationFailed(RuntimeError):
    """A rule could not be evaluated at all (wrong type, unknown column): a mistake in the suite, not in the data."""


def broken_rows(suite: Suite, frame: pd.DataFrame) -> list[tuple[Expectation, np.ndarray]]:
    """For every expectation of the suite the positions (0, 1, …) of the rows that break it, in order.

    Raises `ValidationFailed` naming the rules that could not be evaluated, without any value.
    """
    if frame.empty or not suite.expectations:
        return [(expectation, np.empty(0, dtype=np.int64)) for expectation in suite.expectations]
    frame = frame.reset_index(drop=True)
    for name, columns in suite.derived.items():
        frame[name] = frame[list(columns)].bfill(axis=1).iloc[:, 0]
    batch = _batch_definition().get_batch(batch_parameters={"dataframe": frame})
    outcome = batch.validate(_gx_suite(suite), result_format=_WANTED)
    positions: dict[int, np.ndarray] = {}
    failed: list[str] = []
    for result in outcome.results:
        number = result.expectation_config.meta["number"]
        if "unexpected_index_list" in result.result:
            positions[number] = np.sort(np.asarray(result.result["unexpected_index_list"], dtype=np.int64))
        else:
            failed.append(suite.expectations[number].name)
    if failed:
        raise ValidationFailed(
            f"{suite.dataset}: these rules could not be evaluated: {', '.join(sorted(failed))}. "
            f"Compare assets/quality/suites/{suite.dataset.replace('/', '.')}.yml with the dataset's contract."
        )
    return [(expectation, positions[n]) for n, expectation in enumerate(suite.expectations)]


@cache
def _batch_definition() -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # Its messages may quote values of the rows.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        ),
    )
    source = context.data_sources.add_pandas("landing")
    return source.add_dataframe_asset("delivery").add_batch_definition_whole_dataframe("whole")


def _gx_suite(suite: Suite) -> Any:
    import great_expectations.expectations as gxe
    from great_expectations.core.expectation_suite import ExpectationSuite

    built = []
    for number, expectation in enumerate(suite.expectations):
        kind = getattr(gxe, "".join(part.capitalize() for part in expectation.expect.split("_")))
        severity = _GX_SEVERITIES[expectation.severity]
        built.append(kind(**expectation.kwargs, severity=severity, meta={"number": number}))
    return ExpectationSuite(name=suite.dataset, expectations=built)
