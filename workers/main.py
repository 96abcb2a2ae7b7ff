"""The worker process: builds what the activities need and runs the workflows.

``create_worker`` is also what tests, rehearsals and replays use, so that they run the production
sandbox and converter.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.worker import (
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
)

from activities.absences import AbsenceActivities
from activities.calendar import CalendarActivities
from activities.cards import CardActivities
from activities.data_checks import DataCheckActivities
from activities.departments import DepartmentActivities
from activities.hotline import HotlineActivities
from activities.mailboxes import MailboxActivities
from activities.mails import MailActivities, Mailroom
from activities.notices import NoticeActivities
from activities.orders import OrderActivities
from activities.outreach import OutreachActivities
from activities.policy_moves import PolicyMoveActivities
from activities.publishing import PublishingActivities
from activities.rebalancing import RebalancingActivities
from activities.register import RegisterActivities
from activities.reports import ReportActivities
from activities.security import AuditActivities, ProofActivities
from activities.talent_service import PolicyActivities, RequestActivities, VisitActivities
from activities.webhooks import WebhookActivities
from casework import __version__
from casework.domain.time.calendar import local_date
from casework.filing.desk import Desk, ServiceDesk
from casework.letters.card_digest import Links
from casework.log import WATCHED, configure_log, count_warnings
from casework.mailboxes import open_mailboxes
from casework.messages.temporal import TASK_QUEUE
from casework.outside import (
    EventSender,
    MailSender,
    Receivers,
    SealOffice,
    SmsSender,
    speaking,
    webhook_client,
)
from casework.policy.authority import bind_rosters, load_authority
from casework.policy.card_recipients import Recipients
from casework.policy.staffing import LiveStaff, Platforms
from casework.security.audit.digests import DigestKey
from casework.security.audit.hashing import Hashing
from casework.security.keyfiles import secret_in
from casework.security.keys.vault import PLAIN, Vault
from casework.security.proof.checking import Proving
from casework.security.proof.parts import open_signing
from casework.security.proof.signers import Signers
from casework.security.proof.verifying import Verifier
from casework.security.pseudonyms import Pseudonyms
from casework.security.webhook_keys import WebhookKeys
from casework.settings import WORKFLOW_TASKS, Settings
from casework.store.documents import Documents
from casework.store.engine import Sessions, create_engine, sessions
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.register.parties import RegisterNoticeBook, RegisterSubjects
from casework.store.register.staff import following_staff, staff_watch
from casework.store.sealing.ring_vault import RingVault
from casework.surroundings import require_fit
from casework.temporal import Showing, connect, data_converter, measuring, namespace
from workers.failures import Failing
from workers.leaving import Leaving
from workers.sandbox import sandbox
from workers.starting import make_ready, watch_mailbox
from workflows.absence import AbsenceWorkflow
from workflows.application import ApplicationWorkflow
from workflows.incoming_mail import IncomingMailWorkflow
from workflows.mailbox import MailboxWorkflow
from workflows.order import OrderWorkflow
from workflows.outreach import OutreachWorkflow
from workflows.parcel import ParcelWorkflow
from workflows.plain import MADE
from workflows.scheduled import (
    AuditDigestWorkflow,
    CalendarWatchWorkflow,
    CardDigestsOfDistrictWorkflow,
    CardDigestsWorkflow,
    RelationsWorkflow,
    ReportsWorkflow,
    VisitorErasureWorkflow,
    VisitRoundsWorkflow,
)
from workflows.service_cycle import ServiceCycleWorkflow
from workflows.service_request import ServiceRequestWorkflow
from workflows.ticket import TicketWorkflow
from workflows.unknown import UnknownWorkflow
from workflows.visit_round import VisitRoundWorkflow
from workflows.webhook import WebhookWorkflow

WORKFLOWS = (
    ApplicationWorkflow,
    ServiceRequestWorkflow,
    ServiceCycleWorkflow,
    *MADE.values(),
    IncomingMailWorkflow,
    ParcelWorkflow,
    TicketWorkflow,
    MailboxWorkflow,
    VisitRoundWorkflow,
    VisitRoundsWorkflow,
    AbsenceWorkflow,
    OrderWorkflow,
    OutreachWorkflow,
    CalendarWatchWorkflow,
    AuditDigestWorkflow,
    CardDigestsWorkflow,
    RelationsWorkflow,
    ReportsWorkflow,
    VisitorErasureWorkflow,
    CardDigestsOfDistrictWorkflow,
    WebhookWorkflow,
    UnknownWorkflow,
)

DEPLOYMENT = "casework"


def deployment(build: str = __version__, *, versioned: bool = False) -> WorkerDeploymentConfig:
    """Say to Temporal which release a worker is of.

    Not ``versioned``, it is only shown with each workflow task in the Web UI. ``versioned``, it
    decides who gets which task (``casework rollout``). A case goes on with whatever release is
    current (auto-upgrade): it lives for years, and no release does.
    """
    version = WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build)
    if not versioned:
        return WorkerDeploymentConfig(version=version, use_worker_versioning=False)
    return WorkerDeploymentConfig(
        version=version,
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The activities of one worker, and the register that they use."""

    sessions: Sessions
    register: RegisterActivities
    notices: NoticeActivities
    departments: DepartmentActivities
    hotline: HotlineActivities
    orders: OrderActivities
    outreach: OutreachActivities
    calendar: CalendarActivities
    audit: AuditActivities
    reports: ReportActivities
    data_checks: DataCheckActivities
    requests: RequestActivities
    visits: VisitActivities
    absences: AbsenceActivities
    policies: PolicyActivities
    cards: CardActivities
    policy_moves: PolicyMoveActivities
    rebalancing: RebalancingActivities
    publishing: PublishingActivities
    webhooks: WebhookActivities
    mails: MailActivities
    mailboxes: MailboxActivities

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        return [
            self.register.record,
            self.register.barred,
            self.register.in_force,
            self.register.standing,
            self.register.same_person,
            self.register.give_way,
            self.register.share_out,
            self.register.may_claim,
            self.register.erase_visitors,
            self.notices.send,
            self.departments.report_up,
            self.departments.call_archive,
            self.departments.dispatch,
            self.departments.reset_password,
            self.hotline.report,
            self.orders.book,
            self.orders.apply,
            self.orders.rouse,
            self.orders.leaving,
            self.orders.forget_contact,
            self.outreach.open,
            self.outreach.make_list,
            self.outreach.ask,
            self.outreach.share,
            self.outreach.stand,
            self.outreach.end,
            self.calendar.next_year,
            self.calendar.remind,
            self.audit.districts,
            self.reports.take,
            self.audit.digest,
            self.data_checks.check,
            self.requests.tell,
            self.visits.plan,
            self.visits.draw,
            self.absences.record,
            self.absences.end,
            self.absences.rouse,
            self.absences.tell_relations,
            self.policies.cycle,
            self.policies.next_cycle,
            self.cards.plan,
            self.cards.people,
            self.cards.tell,
            self.cards.give_up,
            self.cards.report_refused,
            self.policy_moves.apply,
            self.policy_moves.carry_out,
            self.rebalancing.apply,
            self.rebalancing.carry_out,
            self.publishing.publish,
            self.webhooks.deliver,
            self.mails.open,
            self.mailboxes.fetch,
        ]


@asynccontextmanager
async def build_parts(settings: Settings, vault: Vault = PLAIN) -> AsyncIterator[Parts]:
    """Yield the activities with the register and outside parties of the settings; close them."""
    async with AsyncExitStack() as stack:
        engine = create_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        gateway = await stack.enter_async_context(speaking(settings.sms_token_file))
        superior = await stack.enter_async_context(speaking(settings.superior_token_file))
        hotline = await stack.enter_async_context(speaking(settings.hotline_token_file))
        sealing = await stack.enter_async_context(speaking(settings.seal_token_file))
        receivers = await stack.enter_async_context(webhook_client())
        opened = sessions(engine, vault, Hashing(settings.hash))
        mail, live = _mail(settings), LiveStaff(today)
        materials = MaterialStore.open(settings.store_url)
        published = PublishedCatalogues.begin(settings.catalogue, opened, materials, wall_clock)
        sms = SmsSender(http=gateway, url=settings.sms_url, signature=settings.sms_signature)
        mailroom = mailroom_of(settings, opened, materials, published, live)
        yield Parts(
            sessions=opened,
            register=RegisterActivities(opened),
            notices=NoticeActivities(
                book=RegisterNoticeBook(opened),
                mail=mail,
                sms=sms,
                documents=Documents(
                    reading=opened,
                    writing=opened.begin,
                    materials=materials,
                    published=published,
                    public_url=settings.api_public_url.rstrip("/"),
                    seal=SealOffice.of(settings, sealing),
                ),
            ),
            departments=DepartmentActivities(
                http=superior,
                url=settings.superior_url,
                callback_url=f"{settings.api_public_url}/v1/callbacks",
                number_of=RegisterNoticeBook(opened).number,
            ),
            hotline=HotlineActivities(
                http=hotline,
                url=settings.hotline_url,
                callback_url=f"{settings.api_public_url}/v1/callbacks",
            ),
            orders=OrderActivities(opened, settings.rouse_per_second),
            outreach=OutreachActivities(opened, settings.rouse_per_second),
            calendar=CalendarActivities(opened, mail, settings.operator_mail),
            audit=AuditActivities(opened, DigestKey.open(settings), settings.audit_export_dir),
            reports=ReportActivities(opened),
            data_checks=DataCheckActivities(
                http=superior, url=settings.superior_url, subjects=RegisterSubjects(opened)
            ),
            requests=RequestActivities(opened),
            visits=VisitActivities(
                opened,
                partial(_service_desk, published, live),
            ),
            absences=AbsenceActivities(opened, settings.rouse_per_second),
            policies=PolicyActivities(published.on),
            cards=CardActivities(
                sessions=opened,
                recipients=Recipients(
                    centres=live,
                    platforms=live,
                    services=lambda day: published.on(day).services,
                ),
                mail=mail,
                sms=sms,
                links=Links(
                    ui_url=settings.card_ui_url.rstrip("/"),
                    namespace=namespace(),
                    api_url=settings.card_api_url.rstrip("/"),
                ),
                operator=settings.operator_mail,
            ),
            policy_moves=PolicyMoveActivities(opened, published.on, settings.rouse_per_second),
            rebalancing=RebalancingActivities(opened, published.on, settings.rouse_per_second),
            publishing=PublishingActivities(opened, published),
            webhooks=WebhookActivities(
                sessions=opened,
                sender=EventSender(http=receivers, receivers=Receivers.of(settings)),
                open_keys=partial(WebhookKeys.open, settings),
                now=wall_clock,
                source=settings.api_public_url.rstrip("/"),
            ),
            mails=MailActivities(mailroom),
            mailboxes=MailboxActivities(
                mailroom, open_mailboxes(settings), settings.mail_max_bytes
            ),
        )


def mailroom_of(
    settings: Settings,
    opened: Sessions,
    materials: MaterialStore,
    published: PublishedCatalogues,
    live: LiveStaff,
) -> Mailroom:
    """Make the mailroom, which keeps mails, reads them and opens their cases."""
    return Mailroom(
        sessions=opened,
        materials=materials,
        published=published,
        desk=partial(_desk, published, live, cache(partial(Pseudonyms.open, settings))),
        now=wall_clock,
        own_domain=settings.mail_from.rpartition("@")[2].lower(),
        spread=timedelta(minutes=settings.wake_spread_minutes),
    )


def _desk(
    published: PublishedCatalogues, live: LiveStaff, pseudonyms: Callable[[], Pseudonyms], day: date
) -> Desk:
    whole = published.on(day)
    return Desk(
        catalogue=whole.catalogue,
        services=whole.services,
        digest=whole.digest,
        platforms=live,
        centres=live,
        calendar=published.held.sample.calendar,
        sharing=published.today.sharing,
        pseudonyms=pseudonyms(),
    )


def _service_desk(published: PublishedCatalogues, platforms: Platforms, day: date) -> ServiceDesk:
    whole = published.on(day)
    return ServiceDesk(
        services=whole.services,
        platforms=platforms,
        digest=whole.digest,
        sharing=published.today.sharing,
    )


def today() -> date:
    """The day in Shanghai."""
    return local_date(wall_clock())


def wall_clock() -> datetime:
    """The time of this process."""
    return datetime.now(UTC)  # noqa: TID251 - the composition root


def _mail(settings: Settings) -> MailSender:
    file = settings.smtp_password_file
    password = secret_in(file) if file else None
    # Outside the local stack a password is never sent over an unencrypted connection.
    closed = bool(password) and settings.environment == "production"
    return MailSender(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_from,
        username=settings.smtp_user,
        password=password,
        use_tls=settings.smtp_use_tls,
        start_tls=True if closed and not settings.smtp_use_tls else None,
    )


def create_worker(
    client: Client,
    parts: Parts,
    verifier: Verifier,
    *,
    task_queue: str = TASK_QUEUE,
    sandboxed: bool = True,
    **options: Any,  # noqa: ANN401 - the SDK's own
) -> Worker:
    """A worker with the production sandbox; ``options`` go to ``temporalio.worker.Worker``.

    It accepts only proofs of signers that ``verifier`` knows. The client should sign, because
    activities send signals with it.

    Raises:
        CatalogueError: the table of authority, against which every command is checked, has faults.
    """
    load_authority()  # load it now, not while an officer waits
    usual: dict[str, Any] = {
        "max_concurrent_workflow_tasks": WORKFLOW_TASKS,
        "deployment_config": deployment(),
    }
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[*parts.activities, ProofActivities(verifier).check],
        interceptors=[Proving(verifier), Failing(), Showing()],
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        **usual | options,
    )
    be_patient(worker)
    return worker


def create_replayer(
    converter: DataConverter = data_converter,
    *,
    sandboxed: bool = True,
    interceptors: Sequence[Interceptor] = (),
) -> Replayer:
    """A replayer for histories of such a worker; it does not check their proofs again.

    It never interrupts a workflow, because a history of years may take long.
    """
    nobody = Verifier(signers=Signers(), lasts=timedelta())
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        data_converter=converter,
        interceptors=[Proving(nobody), *interceptors],
        debug_mode=True,  # there is no other way: see `be_patient`
    )


async def main(settings: Settings) -> None:
    """Run a worker until SIGINT or SIGTERM; running tasks are finished or handed back.

    The process ends ``settings.leave_within_seconds`` after that at the latest.
    """
    configure_log(json=settings.log_json)
    require_fit(settings, "worker")
    bind_rosters(settings)
    stop = asyncio.Event()
    leaving = Leaving(settings.leave_within_seconds)
    leaving.on_request(stop.set)
    try:
        await _work(settings, stop)
    finally:
        leaving.begin()


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    now = wall_clock()
    vault = RingVault.open(settings, lambda: create_engine(settings.database), at=now)
    signing = open_signing(settings, "worker")
    runtime = _measured(settings)
    client = await connect(settings, vault=vault, signing=signing, runtime=runtime)
    async with aclosing(vault), build_parts(settings, vault) as parts:
        stopped = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(
            make_ready(
                client,
                parts.sessions,
                parts.publishing.published,
                newer=settings.allow_newer_register,
                packaged=settings.catalogue is None,
            )
        )
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            ready.cancel()
            return
        ready.result()
        for mailbox in parts.mailboxes.mailboxes.fetched:
            await watch_mailbox(client, mailbox.name)
        watch = staff_watch(parts.sessions, contacts=True)
        await watch.look()
        worker = create_worker(
            client,
            parts,
            Verifier.open(settings),
            sandboxed=settings.workflow_sandbox,
            max_concurrent_workflow_tasks=settings.workflow_tasks,
            deployment_config=deployment(versioned=settings.worker_versioning),
        )
        following = parts.publishing.published.watch.running()
        async with following_staff(watch), following, worker:
            await stopped


def _measured(settings: Settings) -> Runtime | None:
    """The runtime whose page has our own metrics as well; None if no address is set."""
    if not settings.worker_metrics_address:
        return None
    runtime = measuring(settings.worker_metrics_address)
    meter = runtime.metric_meter
    meter.create_gauge("casework_build", "The release that runs").set(1, {"version": __version__})
    warnings = meter.create_counter(
        "casework_warnings", "Warnings and errors in the log, by the event"
    )
    for event in WATCHED:
        warnings.add(0, {"event": event})  # so that the first one is seen to be one more
    count_warnings(lambda event: warnings.add(1, {"event": event}))
    return runtime


# --- capacity ------------------------------------------------------------------------------
# How much a worker takes on at once, and how long a workflow may compute before it is interrupted.
#
# Python runs one thread at a time, so tasks taken beside each other take as long together as one
# after the other, and each of them is late. With the SDK's 100, a morning's timers are all begun,
# all overrun the ten seconds for which the server waits, and all begin again: docs/performance.md
# has the figures.


INTERRUPTED_AFTER_SECONDS = 30
"""Three times as long as the server waits for a task; no machine is so slow."""

_AS_THE_SDK_HAS_IT = 2


def be_patient(worker: Worker) -> None:
    """Interrupt a workflow that does not yield after ``INTERRUPTED_AFTER_SECONDS``, not after two.

    The SDK uses the wall clock, so a busy machine is enough to cause an interruption; and the
    exception is thrown wherever the thread is, even in a callback of the garbage collector. The SDK
    has no option for this.

    Raises:
        RuntimeError: this version of the SDK keeps the limit elsewhere.
    """
    workflows = worker._workflow_worker  # noqa: SLF001 - there is no other way
    if getattr(workflows, "_deadlock_timeout_seconds", None) != _AS_THE_SDK_HAS_IT:
        raise RuntimeError("this temporalio keeps its deadlock time-out elsewhere: look there")
    workflows._deadlock_timeout_seconds = INTERRUPTED_AFTER_SECONDS  # type: ignore[union-attr]  # noqa: SLF001
