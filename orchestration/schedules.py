"""When the daily run starts by itself. Off until somebody switches it on: a fresh installation must not send."""

import dagster as dg

from orchestration.jobs import daily_run
from orchestration.settings import Settings


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    @dg.schedule(
        name="daily_run_at_6",
        job=daily_run,
        cron_schedule="0 6 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="06:00 local: decides and hands off the messages of the day that has just begun.",
    )
    def daily_run_at_6(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        run_date = context.scheduled_execution_time.astimezone(settings.zone).date().isoformat()
        return dg.RunRequest(run_key=f"daily_run:{run_date}", partition_key=run_date)

    return [daily_run_at_6]
