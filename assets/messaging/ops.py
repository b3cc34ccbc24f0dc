"""What a person tells the outbox ledger from the Dagster UI: let a batch go, stop everything, go on.

The command line says the same by `fredning outbox approve`, `stop` and `resume`. Nothing is sent here; the next run of
a day sees it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from assets.messaging import approvals
from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from assets.messaging.ledger_lookups import require_batch
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings, SettingsError

_BY = "Your name; it is kept in the ledger."
_HASH_DIGITS = 64


class ApproveConfig(dg.Config):
    """The batch to let go, as the page of messaging/hand_off lists it."""

    batch: str = Field("", description="The batch's id, as messaging/hand_off lists it, or `fredning outbox batches`.")
    sha256: str = Field("", description="Its hash, all 64 digits: the approval is for exactly these messages.")
    by: str = Field("", description=_BY)


class DecideConfig(dg.Config):
    """Who decides."""

    by: str = Field("", description=_BY)


@contextmanager
def _ledger(settings: Settings, by: str) -> Iterator[Outbox]:
    """The ledger for one decision. What a person can mend is said in one sentence, not by a traceback."""
    if not by.strip():
        raise dg.Failure("Fill in `by`: the ledger keeps who decided.", allow_retries=False)
    try:
        with open_ledger(settings) as outbox:
            yield outbox
    except (approvals.ApprovalRefused, LedgerRefused, SettingsError) as error:
        raise dg.Failure(f"Refused: {error}", allow_retries=False) from error


@dg.op(description="Approve a waiting batch by its hash; refused if the hash is another one's, or nobody's any more.")
def approve_waiting_batch(
    context: dg.OpExecutionContext, config: ApproveConfig, settings: dg.ResourceParam[Settings]
) -> None:
    if not config.batch or len(config.sha256) != _HASH_DIGITS:
        raise dg.Failure("Fill in `batch` and `sha256` (all 64 digits), as messaging/hand_off lists them.")
    with _ledger(settings, config.by) as outbox:
        now = datetime.now(UTC)
        batch_id = approvals.approve(outbox, config.sha256, config.by, now, of_batch=config.batch)
        day, n = (require_batch(outbox, batch_id)[name] for name in ("run_date", "n"))
    context.log.info(f"Approved by {config.by}: {batch_id}, {n} messages. Run messaging/hand_off of {day} to send it.")


@dg.op(description="The kill switch: nothing starts sending, in any process, until resume_sending.")
def stop_all_sending(
    context: dg.OpExecutionContext, config: DecideConfig, settings: dg.ResourceParam[Settings]
) -> None:
    with _ledger(settings, config.by) as outbox:
        approvals.stop_everything(outbox, config.by, datetime.now(UTC))
    context.log.info(f"Everything is stopped, by {config.by}. The job resume_sending lets it go on.")


@dg.op(description="Take the stop back; what was held meanwhile leaves with the next run of its day.")
def resume_all_sending(
    context: dg.OpExecutionContext, config: DecideConfig, settings: dg.ResourceParam[Settings]
) -> None:
    with _ledger(settings, config.by) as outbox:
        approvals.resume(outbox)
    context.log.info(f"The stop was taken back, by {config.by}.")
