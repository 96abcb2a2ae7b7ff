"""Which release of the workers gets the work: as Temporal routes it, and how that is changed.

Only where workers are versioned (`CASEWORK_WORKER_VERSIONING`). A case belongs to no release: its
next task goes to the current one, or to the one that is being rolled out, by a share of all cases.
"""

from dataclasses import dataclass

from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workers.main import DEPLOYMENT


@dataclass(frozen=True, kw_only=True)
class Routing:
    """The release that is current, empty if none is; the one that gets ``percent`` of the cases.

    ``builds``: the releases whose workers have polled, the newest first.
    """

    current: str = ""
    ramping: str = ""
    percent: float = 0.0
    builds: tuple[str, ...] = ()


async def routing(client: Client) -> Routing:
    """Return how tasks are routed now; raise RPCError while Temporal does not answer."""
    return (await _described(client))[0]


async def make_current(client: Client, build: str) -> None:
    """Let a release have all cases from now on; a repeat changes nothing.

    Raises:
        RPCError: its workers have never polled, or somebody else changes the routing just now.
    """
    _, token = await _described(client)
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build,
            conflict_token=token,
            identity=client.service_client.config.identity,
        )
    )


async def ramp(client: Client, build: str, percent: float) -> None:
    """Let a release have a share of the cases; an empty ``build``: none beside the current one.

    Raises:
        RPCError: as `make_current`.
    """
    _, token = await _described(client)
    await client.workflow_service.set_worker_deployment_ramping_version(
        SetWorkerDeploymentRampingVersionRequest(
            namespace=client.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build,
            percentage=percent,
            conflict_token=token,
            identity=client.service_client.config.identity,
        )
    )


async def _described(client: Client) -> tuple[Routing, bytes]:
    try:
        found = await client.workflow_service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # no versioned worker has ever polled
            return Routing(), b""
        raise
    info = found.worker_deployment_info
    summaries = sorted(
        info.version_summaries, key=lambda each: each.create_time.ToMicroseconds(), reverse=True
    )
    config = info.routing_config
    seen = Routing(
        current=config.current_deployment_version.build_id,
        ramping=config.ramping_deployment_version.build_id,
        percent=config.ramping_version_percentage,
        builds=tuple(each.deployment_version.build_id for each in summaries),
    )
    return seen, found.conflict_token
