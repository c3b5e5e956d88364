"""google-api-python-client, built from its own static document, against the sandbox. Arguments: GCP address, control address."""

import sys
import time
import uuid

from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from results import check, control, equal, resource

ADDRESS, CONTROL = sys.argv[1:3]
SERVICE = "gcp.mig"
PLACES = {"zone": "europe-west1-b", "region": "europe-west1"}


def world_resource(location, name, autoscaled):
    found = {
        "service": SERVICE,
        "region": "europe-west1",
        "reference": {"project": "weddings", "location": location, "name": name},
        "autoscaled": autoscaled,
        "units": 3,
        "quotaUnits": 60,
    }
    return {**found, "minimumUnits": 3, "maximumUnits": 20} if autoscaled else found


def key(kind, name):
    return f"{SERVICE}/europe-west1/weddings/{PLACES[kind]}/{name}"


compute = build(
    "compute",
    "v1",
    static_discovery=True,
    credentials=AnonymousCredentials(),
    client_options={"api_endpoint": f"{ADDRESS}/compute/v1/"},
)


def parts(kind):
    """The three collections of a zone or of a region, and the place as each of their methods takes it."""
    if kind == "zone":
        found = compute.instanceGroupManagers(), compute.autoscalers(), compute.zoneOperations()
    else:
        found = compute.regionInstanceGroupManagers(), compute.regionAutoscalers(), compute.regionOperations()
    return *found, {"project": "weddings", kind: PLACES[kind]}


def finished(operations, place, operation):
    for _ in range(100):
        if operation["status"] == "DONE":
            if "error" in operation:
                raise AssertionError(operation["error"])
            return operation
        time.sleep(0.1)
        operation = operations.get(**place, operation=operation["name"]).execute()
    raise AssertionError("the operation is not done")


def refused(status, reason, call):
    try:
        call()
    except HttpError as error:
        equal(error.status_code, status)
        equal(error.error_details[0]["reason"], reason)
        return
    raise AssertionError("it was taken")


def lists(kind):
    groups, autoscalers, _, place = parts(kind)
    found = groups.list(**place).execute()["items"]
    equal([group["name"] for group in found], ["gallery", "uploads"])
    equal([(group["targetSize"], group["currentActions"]["none"]) for group in found], [(3, 3), (3, 3)])
    [one] = autoscalers.list(**place).execute()["items"]
    equal(one["target"].rsplit("/", 1)[1], "gallery")


def pages(kind):
    groups, _, _, place = parts(kind)
    names, request = [], groups.list(**place, maxResults=1)
    while request is not None:
        page = request.execute()
        names.append([group["name"] for group in page["items"]])
        request = groups.list_next(request, page)
    equal(names, [["gallery"], ["uploads"]])


def gets(kind):
    groups, autoscalers, _, place = parts(kind)
    group = groups.get(**place, instanceGroupManager="gallery").execute()
    name = group["status"]["autoscaler"].rsplit("/", 1)[1]
    policy = autoscalers.get(**place, autoscaler=name).execute()["autoscalingPolicy"]
    equal((policy["minNumReplicas"], policy["maxNumReplicas"], policy["mode"]), (3, 20, "ON"))


def resizes(kind):
    groups, _, operations, place = parts(kind)
    call = {**place, "instanceGroupManager": "uploads", "size": 9, "requestId": str(uuid.uuid4())}
    first = groups.resize(**call).execute()
    again = groups.resize(**call).execute()
    equal(again["name"], first["name"])
    equal(finished(operations, place, first)["operationType"], "compute.instanceGroupManagers.resize")
    for _ in range(100):
        if resource(CONTROL, key(kind, "uploads"))["servingUnits"] == 9:
            break
        time.sleep(0.1)
    group = groups.get(**place, instanceGroupManager="uploads").execute()
    equal((group["targetSize"], group["currentActions"]["none"], group["status"]["isStable"]), (9, 9, True))


def patches(kind):
    _, autoscalers, operations, place = parts(kind)
    [one] = autoscalers.list(**place).execute()["items"]
    body = {"autoscalingPolicy": {"minNumReplicas": 12}}
    operation = autoscalers.patch(**place, autoscaler=one["name"], body=body).execute()
    finished(operations, place, operation)
    policy = autoscalers.get(**place, autoscaler=one["name"]).execute()["autoscalingPolicy"]
    equal((policy["minNumReplicas"], policy["maxNumReplicas"]), (12, 20))
    equal(policy["cpuUtilization"], one["autoscalingPolicy"]["cpuUtilization"])


def errors(kind):
    groups, autoscalers, _, place = parts(kind)
    refused(404, "notFound", groups.get(**place, instanceGroupManager="nobody").execute)
    wrong = {"autoscalingPolicy": {"minNumReplicas": 30, "maxNumReplicas": 20}}
    refused(400, "invalid", autoscalers.patch(**place, autoscaler="gallery-autoscaler", body=wrong).execute)
    size = {**place, "instanceGroupManager": "uploads", "size": 61}
    refused(403, "quotaExceeded", groups.resize(**size).execute)


def throttles(kind):
    groups, _, _, place = parts(kind)
    control(CONTROL, "POST", "/faults", [{"match": {"vendor": "gcp"}, "kind": "throttle", "times": 1}])
    try:
        refused(403, "rateLimitExceeded", groups.list(**place).execute)
    finally:
        control(CONTROL, "DELETE", "/faults")
    # The client's own retries know this reason, though its status is the one of a missing permission.
    control(CONTROL, "POST", "/faults", [{"match": {"vendor": "gcp"}, "kind": "throttle", "times": 1}])
    try:
        equal(len(groups.list(**place).execute(num_retries=2)["items"]), 2)
    finally:
        control(CONTROL, "DELETE", "/faults")


resources = [
    world_resource(location, name, name == "gallery")
    for location in PLACES.values()
    for name in ("gallery", "uploads")
]
control(CONTROL, "PUT", "/world", {"resources": resources, "recordSets": []})
for kind in PLACES:
    check(SERVICE, f"list, by {kind}", lambda: lists(kind))
    check(SERVICE, f"list by pages, by {kind}", lambda: pages(kind))
    check(SERVICE, f"get, by {kind}", lambda: gets(kind))
    check(SERVICE, f"resize, once per request id, and its operation, by {kind}", lambda: resizes(kind))
    check(SERVICE, f"patch of an autoscaler's minimum keeps the rest, by {kind}", lambda: patches(kind))
    check(SERVICE, f"errors: notFound, invalid, quotaExceeded, by {kind}", lambda: errors(kind))
    check(SERVICE, f"rateLimitExceeded is a 403 that the client retries, by {kind}", lambda: throttles(kind))
