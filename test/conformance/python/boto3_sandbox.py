"""boto3, with its own models, waiters and paginators, against the sandbox. Arguments: AWS address, control address."""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from results import check, control, equal, resource

ADDRESS, CONTROL = sys.argv[1:3]
REGION = "eu-west-1"
GALLERY = f"aws.ecs/{REGION}/weddings/gallery"
UPLOADS = f"aws.ecs/{REGION}/weddings/uploads"
ZONE = "Z0WEDDINGS"
NAME = "gallery.example.org."

WORLD = {
    "resources": [
        {
            "service": "aws.ecs",
            "region": REGION,
            "reference": {"cluster": "weddings", "service": "gallery"},
            "autoscaled": True,
            "minimumUnits": 4,
            "maximumUnits": 20,
            "units": 4,
            "quotaUnits": 60,
        },
        {
            "service": "aws.ecs",
            "region": REGION,
            "reference": {"cluster": "weddings", "service": "uploads"},
            "autoscaled": False,
            "units": 3,
        },
    ],
    "recordSets": [
        {
            "zoneId": ZONE,
            "name": "gallery.example.org",
            "type": "A",
            "ttlSeconds": 60,
            "records": [
                {"setIdentifier": "dublin", "weight": 100, "value": "192.0.2.1", "healthCheckId": "hc-dublin"},
                {"setIdentifier": "ghent", "weight": 0, "value": "192.0.2.2"},
            ],
        }
    ],
}


def client(name, attempts=1):
    return boto3.client(
        name,
        region_name=REGION,
        endpoint_url=ADDRESS,
        aws_access_key_id="SANDBOX",
        aws_secret_access_key="sandbox",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


ecs, scaling, dns = client("ecs"), client("application-autoscaling"), client("route53")
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/weddings/gallery",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def refused(code, call, status=400):
    try:
        call()
    except ClientError as error:
        equal(error.response["Error"]["Code"], code)
        equal(error.response["ResponseMetadata"]["HTTPStatusCode"], status)
        return error
    raise AssertionError(f"it was taken, not refused with {code}")


def faulty(rule, body):
    control(CONTROL, "POST", "/faults", [rule])
    try:
        body()
    finally:
        control(CONTROL, "DELETE", "/faults")


def exhausted(call):
    """Takes a whole bucket at the clock's real pace; one call of many must be turned away."""
    clock = control(CONTROL, "GET", "/clock")
    scaled = {"anchorMs": clock["anchorMs"], "scale": clock["scale"]}
    control(CONTROL, "POST", "/limits", {"factor": 0.05})
    control(CONTROL, "POST", "/clock", {**scaled, "scale": 0.001})
    codes = []
    try:
        for _ in range(10):
            try:
                call()
            except ClientError as error:
                codes.append((error.response["Error"]["Code"], error.response["ResponseMetadata"]))
    finally:
        control(CONTROL, "POST", "/clock", scaled)
        control(CONTROL, "POST", "/limits", {"factor": 1})
    if not codes:
        raise AssertionError("ten calls of a bucket a twentieth of its size were all taken")
    return codes[0]


# ECS


def describes():
    answer = ecs.describe_services(cluster="weddings", services=["gallery", "nobody"])
    [found] = answer["services"]
    equal((found["serviceName"], found["status"]), ("gallery", "ACTIVE"))
    equal((found["desiredCount"], found["runningCount"], found["pendingCount"]), (4, 4, 0))
    equal(len(found["deployments"]), 1)
    equal([failure["reason"] for failure in answer["failures"]], ["MISSING"])


def updates():
    answer = ecs.update_service(cluster="weddings", service="uploads", desiredCount=9)
    equal(answer["service"]["desiredCount"], 9)
    waiter = ecs.get_waiter("services_stable")
    waiter.wait(cluster="weddings", services=["uploads"], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    [found] = ecs.describe_services(cluster="weddings", services=["uploads"])["services"]
    equal((found["desiredCount"], found["runningCount"]), (9, 9))
    equal(resource(CONTROL, UPLOADS)["servingUnits"], 9)


def pages_services():
    pages = list(ecs.get_paginator("list_services").paginate(cluster="weddings", PaginationConfig={"PageSize": 1}))
    equal(len(pages), 2)
    equal(
        [arn.rsplit("/", 1)[1] for page in pages for arn in page["serviceArns"]],
        ["gallery", "uploads"],
    )


def ecs_throttles():
    code, meta = exhausted(lambda: ecs.update_service(cluster="weddings", service="uploads", desiredCount=9))
    equal((code, meta["HTTPStatusCode"]), ("ThrottlingException", 400))


def ecs_retried():
    def body():
        answer = client("ecs", 3).update_service(cluster="weddings", service="uploads", desiredCount=9)
        equal(answer["ResponseMetadata"]["RetryAttempts"], 2)

    faulty({"match": {"vendor": "aws", "operation": "UpdateService"}, "kind": "throttle", "times": 2}, body)


def ecs_server_error():
    rule = {"match": {"vendor": "aws", "operation": "DescribeServices"}, "kind": "serverError", "times": 1}
    faulty(
        rule,
        lambda: refused(
            "ServerException", lambda: ecs.describe_services(cluster="weddings", services=["gallery"]), 500
        ),
    )


# Application Auto Scaling


def registered():
    [found] = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[TARGET["ResourceId"]])[
        "ScalableTargets"
    ]
    return found


def describes_target():
    found = registered()
    equal((found["MinCapacity"], found["MaxCapacity"]), (4, 20))
    equal({name: found[name] for name in TARGET}, TARGET)
    equal(found["CreationTime"].year, 2023)
    equal(found["SuspendedState"]["DynamicScalingInSuspended"], False)


def registers():
    answer = scaling.register_scalable_target(**TARGET, MinCapacity=10)
    equal(answer["ScalableTargetARN"], registered()["ScalableTargetARN"])
    equal((registered()["MinCapacity"], registered()["MaxCapacity"]), (10, 20))
    ecs.get_waiter("services_stable").wait(
        cluster="weddings", services=["gallery"], WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )


def scales_out():
    import time

    for _ in range(100):
        if resource(CONTROL, GALLERY)["servingUnits"] == 10:
            return
        time.sleep(0.1)
    raise AssertionError(f"{resource(CONTROL, GALLERY)['servingUnits']} of 10 units serve")


def registers_anew():
    target = {**TARGET, "ResourceId": "service/weddings/uploads"}
    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=12)
    equal(len(scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]), 2)
    scaling.deregister_scalable_target(**target)
    equal(len(scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]), 1)
    refused("ObjectNotFoundException", lambda: scaling.deregister_scalable_target(**target))


def pages_targets():
    target = {**TARGET, "ResourceId": "service/weddings/uploads"}
    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=12)
    pages = scaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="ecs", PaginationConfig={"PageSize": 1}
    )
    equal([len(page["ScalableTargets"]) for page in pages], [1, 1])
    scaling.deregister_scalable_target(**target)


def scaling_throttles():
    code, meta = exhausted(lambda: scaling.describe_scalable_targets(ServiceNamespace="ecs"))
    equal((code, meta["HTTPStatusCode"]), ("ThrottlingException", 400))


# Route 53


def weights():
    sets = dns.list_resource_record_sets(HostedZoneId=ZONE)["ResourceRecordSets"]
    return {found["SetIdentifier"]: found["Weight"] for found in sets}


def upsert(identifier, value, weight, action="UPSERT", name=NAME):
    record = {
        "Name": name,
        "Type": "A",
        "SetIdentifier": identifier,
        "Weight": weight,
        "TTL": 60,
        "ResourceRecords": [{"Value": value}],
    }
    return {"Action": action, "ResourceRecordSet": record}


def change(*changes, zone=ZONE):
    return dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": list(changes)})["ChangeInfo"]


def lists_records():
    sets = dns.list_resource_record_sets(HostedZoneId=ZONE)["ResourceRecordSets"]
    dublin = next(found for found in sets if found["SetIdentifier"] == "dublin")
    equal((dublin["Name"], dublin["Type"], dublin["TTL"]), (NAME, "A", 60))
    equal((dublin["ResourceRecords"], dublin["HealthCheckId"]), ([{"Value": "192.0.2.1"}], "hc-dublin"))
    equal(weights(), {"dublin": 100, "ghent": 0})


def pages_records():
    pages = list(
        dns.get_paginator("list_resource_record_sets").paginate(
            HostedZoneId=ZONE, PaginationConfig={"PageSize": 1}
        )
    )
    equal([page["ResourceRecordSets"][0]["SetIdentifier"] for page in pages], ["dublin", "ghent"])


def changes_records():
    info = change(upsert("dublin", "192.0.2.1", 60), upsert("ghent", "192.0.2.2", 40))
    equal(info["Status"], "PENDING")
    waiter = dns.get_waiter("resource_record_sets_changed")
    waiter.wait(Id=info["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    equal(weights(), {"dublin": 60, "ghent": 40})


def refuses_whole_batch():
    before = weights()
    bad = [upsert("dublin", "192.0.2.1", 1), upsert("ghent", "192.0.2.2", 5, "CREATE")]
    refused("InvalidChangeBatch", lambda: change(*bad))
    equal(weights(), before)


def dns_throttles():
    code, meta = exhausted(lambda: dns.list_resource_record_sets(HostedZoneId=ZONE))
    equal((code, meta["HTTPStatusCode"]), ("Throttling", 400))


def dns_retried():
    rule = {"match": {"operation": "ChangeResourceRecordSets"}, "kind": "throttle", "times": 1}

    def body():
        batch = {"Changes": [upsert("ghent", "192.0.2.2", 40)]}
        answer = client("route53", 3).change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=batch)
        equal(answer["ResponseMetadata"]["RetryAttempts"], 1)

    faulty(rule, body)


def health():
    seen = dns.get_health_check_status(HealthCheckId="hc-dublin")["HealthCheckObservations"]
    equal(all(found["StatusReport"]["Status"].startswith("Success") for found in seen) and len(seen) > 0, True)
    refused("NoSuchHealthCheck", lambda: dns.get_health_check_status(HealthCheckId="hc-nobody"), 404)


def zones():
    [found] = dns.list_hosted_zones()["HostedZones"]
    equal(found["Id"], f"/hostedzone/{ZONE}")
    equal(found["ResourceRecordSetCount"], 2)


def denied():
    faulty(
        {"match": {"vendor": "aws"}, "kind": "denied", "times": 3},
        lambda: [
            refused("AccessDeniedException", lambda: ecs.list_clusters()),
            refused(
                "AccessDeniedException", lambda: scaling.describe_scalable_targets(ServiceNamespace="ecs")
            ),
            refused("AccessDenied", lambda: dns.list_hosted_zones(), 403),
        ],
    )


control(CONTROL, "PUT", "/world", WORLD)
COUNT, RANGE, DNS = "aws.ecs", "aws.ecs", "aws.route53"
check(COUNT, "describe_services: counts, and a failure for what is missing", describes)
check(COUNT, "update_service, then the waiter services_stable", updates)
check(COUNT, "list_services by pages", pages_services)
check(
    COUNT,
    "unknown cluster: ClusterNotFoundException",
    lambda: refused(
        "ClusterNotFoundException", lambda: ecs.describe_services(cluster="nowhere", services=["gallery"])
    ),
)
check(
    COUNT,
    "unknown service: ServiceNotFoundException",
    lambda: refused(
        "ServiceNotFoundException",
        lambda: ecs.update_service(cluster="weddings", service="nobody", desiredCount=1),
    ),
)
check(
    COUNT,
    "eleven services at once: InvalidParameterException",
    lambda: refused(
        "InvalidParameterException",
        lambda: ecs.describe_services(cluster="weddings", services=[f"s{number}" for number in range(11)]),
    ),
)
check(COUNT, "an empty bucket: ThrottlingException", ecs_throttles)
check(COUNT, "boto3's own retries take a throttle for one", ecs_retried)
check(COUNT, "server error: ServerException 500", ecs_server_error)
check(COUNT, "denied, in the words of each service", denied)
check(RANGE, "describe_scalable_targets", describes_target)
check(RANGE, "register_scalable_target with the minimum alone keeps the maximum", registers)
check(RANGE, "the raised minimum is followed by the service", scales_out)
check(RANGE, "register, list and deregister another", registers_anew)
check(RANGE, "describe_scalable_targets by pages", pages_targets)
check(
    RANGE,
    "minimum above maximum: ValidationException",
    lambda: refused(
        "ValidationException",
        lambda: scaling.register_scalable_target(**TARGET, MinCapacity=30, MaxCapacity=20),
    ),
)
check(
    RANGE,
    "beyond the account's quota: LimitExceededException",
    lambda: refused(
        "LimitExceededException",
        lambda: scaling.register_scalable_target(**TARGET, MinCapacity=70, MaxCapacity=90),
    ),
)
check(RANGE, "an empty bucket: ThrottlingException", scaling_throttles)
check(DNS, "list_resource_record_sets: the whole record", lists_records)
check(DNS, "list_resource_record_sets by pages", pages_records)
check(DNS, "change_resource_record_sets, then the waiter resource_record_sets_changed", changes_records)
check(DNS, "one wrong change refuses the whole batch: InvalidChangeBatch", refuses_whole_batch)
check(
    DNS,
    "weight 256: InvalidInput",
    lambda: refused("InvalidInput", lambda: change(upsert("ghent", "192.0.2.2", 256))),
)
check(
    DNS,
    "unknown zone: NoSuchHostedZone 404",
    lambda: refused("NoSuchHostedZone", lambda: dns.list_resource_record_sets(HostedZoneId="Z0NOWHERE"), 404),
)
check(
    DNS,
    "a name outside of the zone: InvalidChangeBatch",
    lambda: refused(
        "InvalidChangeBatch", lambda: change(upsert("x", "192.0.2.9", 1, name="elsewhere.example.net."))
    ),
)
check(DNS, "get_health_check_status", health)
check(DNS, "list_hosted_zones", zones)
check(DNS, "an empty bucket: Throttling", dns_throttles)
check(DNS, "boto3's own retries take a throttle for one", dns_retried)
