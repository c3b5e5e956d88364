"""One line of JSON per check, read by the suite: service, name, and why it failed (empty when it passed)."""

import json
import sys
import traceback


def check(service, name, body):
    why = ""
    try:
        body()
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {error} (line {last.lineno}: {last.line})"
    print(json.dumps({"service": service, "name": name, "why": why}), flush=True)


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def control(address, method, path, body=None):
    """A call of the sandbox's control endpoint."""
    import urllib.request

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as response:
        text = response.read()
    return json.loads(text) if text else None


def resource(address, key):
    """A resource of the sandbox's world, by its key."""
    for found in control(address, "GET", "/world")["resources"]:
        if found["key"] == key:
            return found
    raise AssertionError(f"no resource {key}", sys.argv)
