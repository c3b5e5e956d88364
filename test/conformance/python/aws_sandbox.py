"""
Every lever of AWS in the sandbox, by boto3 or by the AWS command line: one set of moves, driven by the tables beside.
Arguments: AWS address, control address, and for the command line its path.
"""

import json
import sys
import time
import urllib.request
from contextlib import contextmanager

from aws_callers import Boto3, CommandLine, Refused
from aws_lever import REGION
from aws_levers_compute import ASG, CROWD, ECS, EKS, LAMBDA, QUOTAS, nodegroup
from aws_levers_data import CROWD as MORE, ELASTICACHE, RDS
from results import check, control, equal

ADDRESS, CONTROL = sys.argv[1:3]
LEVERS = [*ASG, *ECS, *EKS, *ELASTICACHE, *LAMBDA, *RDS]
CALLER = CommandLine(ADDRESS, REGION, sys.argv[3]) if len(sys.argv) > 3 else Boto3(ADDRESS, REGION)


def is_busy(lever):
    """Asked of the sandbox itself, so that the client is not kept busy with waiting."""
    now_ms = control(CONTROL, "GET", "/clock")["serviceNowMs"]
    names = ("service", "lever", "reference")
    return any(
        found["busyUntilMs"] > now_ms
        for found in control(CONTROL, "GET", "/world")["resources"]
        if all(found[name] == lever.world[name] for name in names)
    )


def settles(lever):
    deadline = time.monotonic() + 60
    while is_busy(lever) and time.monotonic() < deadline:
        time.sleep(0.2)
    while lever.serving(CALLER) != lever.serves:
        if time.monotonic() > deadline:
            raise AssertionError(f"{lever.serving(CALLER)!r} serve, {lever.serves!r} are wanted")
        time.sleep(0.2)
    if lever.waiter:
        service, waiter, parameters = lever.waiter
        CALLER.wait(service, waiter, **parameters)


def changes(lever):
    lever.change(CALLER)
    equal(lever.read(CALLER), lever.after)
    settles(lever)


@contextmanager
def time_stands_still():
    clock = control(CONTROL, "GET", "/clock")
    now_ms, scale = clock["serviceNowMs"], clock["scale"]
    pace(now_ms, 0.001)
    try:
        yield
    finally:
        pace(control(CONTROL, "GET", "/clock")["serviceNowMs"], scale)


def pace(now_ms, scale):
    anchor_ms = (now_ms - time.time() * 1000 * scale) / (1 - scale)
    control(CONTROL, "POST", "/clock", {"anchorMs": anchor_ms, "scale": scale})


def refused(code, kind, call):
    with time_stands_still():
        try:
            call(CALLER)
        except Refused as error:
            equal(error.code, code)
            if CALLER.has_classes:
                equal(error.kind, kind)
            return
    raise AssertionError(f"it was taken, not refused with {code}")


def lists(lever):
    service, operation, key, size, parameters, count = lever.listing
    items, pages = CALLER.listed(service, operation, key, size, **parameters)
    equal(len(items), count)
    if pages is not None:
        equal(pages, -(-count // size))


def registered(namespace, dimension, resource_id):
    found = CALLER.call(
        "application-autoscaling",
        "describe_scalable_targets",
        ServiceNamespace=namespace,
        ScalableDimension=dimension,
        ResourceIds=[resource_id],
    )["ScalableTargets"]
    return [[target["MinCapacity"], target["MaxCapacity"]] for target in found]


def register(namespace, dimension, resource_id, **capacities):
    return CALLER.call(
        "application-autoscaling",
        "register_scalable_target",
        ServiceNamespace=namespace,
        ScalableDimension=dimension,
        ResourceId=resource_id,
        **capacities,
    )


def scales(lever):
    equal(registered(*lever.scalable), [])
    register(*lever.scalable, MinCapacity=1, MaxCapacity=4)
    register(*lever.scalable, MinCapacity=2)
    equal(registered(*lever.scalable), [[2, 4]])


def beyond(lever):
    refused(
        "ValidationException",
        "ValidationException",
        lambda _: register(*lever.scalable, MinCapacity=5, MaxCapacity=4),
    )


def run(lever):
    def named(name):
        return f"{lever.variant}: {name}" if lever.variant else name

    check(lever.row, named("describes it"), lambda: equal(lever.read(CALLER), lever.before))
    check(lever.row, named("changes it, describes it again, and finds it serving"), lambda: changes(lever))
    for one in lever.refusals:
        check(lever.row, named(f"{one.name}: {one.code}"), lambda: refused(one.code, one.kind, one.call))
    if lever.listing:
        check(lever.row, named(f"{lever.listing[1]} by pages"), lambda: lists(lever))
    if lever.scalable:
        check(lever.row, named("registers a scalable target, then its minimum alone"), lambda: scales(lever))
        check(lever.row, named("minimum above maximum: ValidationException"), lambda: beyond(lever))


def lists_nodes():
    """What `aws eks get-token` gives a kubectl, given to the cluster that EKS names."""
    token = CALLER.call("eks", "get_token", ClusterName="weddings")["status"]["token"]
    cluster = CALLER.call("eks", "describe_cluster", Name="weddings")["cluster"]
    url = f"{cluster['endpoint']}/api/v1/nodes?labelSelector=eks.amazonaws.com/nodegroup%3Dgallery"
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as response:
        found = json.load(response)["items"]
    ready = [node for node in found if ready_of(node)["status"] == "True"]
    equal(len(ready), nodegroup(CALLER)["scalingConfig"]["desiredSize"])


def ready_of(node):
    return next(condition for condition in node["status"]["conditions"] if condition["type"] == "Ready")


worlds = [lever.world for lever in LEVERS]
control(CONTROL, "PUT", "/world", {"resources": [*worlds, *CROWD, *MORE], "quotas": QUOTAS})
for one in LEVERS:
    run(one)
if not CALLER.has_classes:
    check("aws.eks", "the token of eks get-token lists the cluster's nodes", lists_nodes)
