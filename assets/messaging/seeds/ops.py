"""Tests to a seed list from the Dagster UI, for whoever approves there; the command line has `fredning preview`."""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from assets.messaging.seeds.addresses import seeds_of
from assets.messaging.seeds.run import SeedRefused, send_samples, waiting_kinds
from assets.messaging.seeds.samples import NothingWanted, Wanted
from assets.messaging.template_files import TemplateErrors
from orchestration.settings import Settings, SettingsError

_REFUSALS = (LedgerRefused, NothingWanted, SeedRefused, SettingsError, TemplateErrors)


class SeedConfig(dg.Config):
    """Which samples; what is left empty stands for all."""

    only_waiting: bool = Field(True, description="Only messages like those of batches that wait for approval.")
    journey: str = Field("", description="Only this journey.")
    step: str = Field("", description="Only steps of this name.")
    language: str = Field("", description="Only this language, such as nb.")
    channel: str = Field("", description="Only email, or only sms.")


@dg.op(description="Send samples to FREDNING_SEED_LIST; each run is a new test. Never part of another run.")
def send_samples_to_seeds(
    context: dg.OpExecutionContext, config: SeedConfig, settings: dg.ResourceParam[Settings]
) -> None:
    asked = (config.journey or None, config.step or None, config.language or None, config.channel or None)
    try:
        seeds = seeds_of(settings)
        with open_ledger(settings) as outbox:
            kinds = waiting_kinds(outbox) if config.only_waiting else None
            done = send_samples(settings, outbox, Wanted(*asked, kinds), seeds, datetime.now(UTC))
    except _REFUSALS as error:
        raise dg.Failure(f"Refused: {error}", allow_retries=False) from error
    for sentence in done.said:
        context.log.info(sentence)
    if not done.is_good:
        # What was accepted must not be sent again because of what was not.
        raise dg.Failure(" ".join(done.said), allow_retries=False)
