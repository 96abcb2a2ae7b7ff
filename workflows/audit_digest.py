"""The AuditDigest workflow: after midnight, the signed digest of each district's day."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from activities.security import AuditActivities
from casework.domain.time.calendar import local_date
from casework.messages.schedules import AUDIT_DIGESTS, DigestMade, DistrictDay, MakeDigests
from workflows.options import for_many
from workflows.verbs import Exposed

_PLANNED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name=AUDIT_DIGESTS.workflow)
class AuditDigestWorkflow(Exposed):
    """Ends when each district has its digest; run again for the same day, it changes nothing."""

    @workflow.run
    async def run(self, wanted: MakeDigests) -> list[DigestMade]:
        """Make the digests one after the other; return what each tells of."""
        now = workflow.now()
        # A run that the schedule makes up for is of the day for which it was planned.
        planned = workflow.info().typed_search_attributes.get(_PLANNED_FOR, now)
        day = wanted.day or local_date(planned) - timedelta(days=1)
        districts = await workflow.execute_activity_method(
            AuditActivities.districts, **for_many("列出各区")
        )
        return [
            await workflow.execute_activity_method(
                AuditActivities.digest,
                DistrictDay(district=district, day=day, made_at=now),
                **for_many(f"{district} {day} 审计摘要"),
            )
            for district in districts
        ]
