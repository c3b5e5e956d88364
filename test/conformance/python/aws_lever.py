"""What one lever in the sandbox is to AWS's own clients: how it is read, changed, found serving and refused."""

from dataclasses import dataclass, field
from typing import Callable

REGION = "eu-west-1"


@dataclass(frozen=True)
class Refusal:
    name: str
    # The vendor's code on the wire, and boto3's class for it.
    code: str
    kind: str
    call: Callable


@dataclass(frozen=True)
class Lever:
    row: str
    # Resource of the sandbox's world.
    world: dict
    # What the client reads of it, before and after; what it finds serving when all is done.
    read: Callable
    before: object
    change: Callable
    after: object
    serving: Callable
    serves: object
    refusals: list = field(default_factory=list)
    variant: str = ""
    # Namespace, dimension and resource id of the lever's scalable target; empty for none.
    scalable: tuple = ()
    # Service, operation, key of the items, page size, parameters and how many items there must be.
    listing: tuple = ()
    # Service, waiter and parameters that say when it is there.
    waiter: tuple = ()


def refusal(name, code, call, kind=None):
    """Where boto3 has a class for a code, most are of the same name; `ClientError` where it has none."""
    return Refusal(name, code, kind or code, call)


def resource(service, lever, reference, units, autoscaled=False, **more):
    names = {"service": service, "lever": lever, "region": REGION, "reference": reference}
    return {**names, "units": units, "autoscaled": autoscaled, **more}


def only(items):
    [item] = items
    return item


def named(found, *names):
    return [found[name] for name in names]


def wanted(found, name):
    """A value that is in force, or the one that has been asked for and is not yet."""
    return found.get("PendingModifiedValues", {}).get(name, found[name])
