"""AWS's two clients of Python behind one face: boto3, and the AWS command line. Answers are the parsed ones of each."""

import json
import os
import re
import subprocess


class Refused(Exception):
    """The client's own understanding of an error: the vendor's code, and the class it has for it where it has any."""

    def __init__(self, code, kind):
        super().__init__(f"refused as {code} ({kind})")
        self.code, self.kind = code, kind


class Boto3:
    has_classes = True

    def __init__(self, address, region):
        self.address, self.region, self.clients = address, region, {}

    def client(self, service):
        import boto3
        from botocore.config import Config

        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                region_name=self.region,
                endpoint_url=self.address,
                aws_access_key_id="SANDBOX",
                aws_secret_access_key="sandbox",
                config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
            )
        return self.clients[service]

    def call(self, service, operation, /, **parameters):
        from botocore.exceptions import ClientError

        try:
            return getattr(self.client(service), operation)(**parameters)
        except ClientError as error:
            raise Refused(error.response["Error"]["Code"], type(error).__name__) from error

    def listed(self, service, operation, key, size, /, **parameters):
        """Everything a listing has, of which no page is larger than `size`; and how many pages there were."""
        paginator = self.client(service).get_paginator(operation)
        pages = list(paginator.paginate(PaginationConfig={"PageSize": size}, **parameters))
        return [item for page in pages for item in page[key]], len(pages)

    def wait(self, service, waiter, /, **parameters):
        config = {"Delay": 1, "MaxAttempts": 30}
        self.client(service).get_waiter(waiter).wait(WaiterConfig=config, **parameters)


class CommandLine:
    has_classes = False

    def __init__(self, address, region, command):
        self.start = [command, "--endpoint-url", address, "--region", region, "--output", "json"]

    def run(self, *words):
        keys = {"AWS_ACCESS_KEY_ID": "SANDBOX", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_MAX_ATTEMPTS": "1"}
        ended = subprocess.run(
            [*self.start, *words], env={**os.environ, **keys}, capture_output=True, text=True, check=False
        )
        if ended.returncode == 0:
            return json.loads(ended.stdout) if ended.stdout.strip() else {}
        found = re.search(r"An error occurred \((\w+)\) when calling", ended.stderr)
        if found:
            raise Refused(found[1], None)
        raise AssertionError(f"aws {' '.join(words)} ended with {ended.returncode}: {ended.stderr.strip()}")

    def call(self, service, operation, /, **parameters):
        return self.run(service, hyphenated(operation), *options(parameters))

    def listed(self, service, operation, key, size, /, **parameters):
        """The command line follows every page by itself, and does not say how many there were."""
        words = [service, hyphenated(operation), "--page-size", str(size), *options(parameters)]
        return self.run(*words)[key], None

    def wait(self, service, waiter, /, **parameters):
        self.run(service, "wait", hyphenated(waiter), *options(parameters))


def hyphenated(name):
    """`DBInstanceIdentifier` and `describe_db_instances` as the command line writes them."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1-\2", name.replace("_", "-"))
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", words).lower()


def options(parameters):
    words = []
    for name, value in parameters.items():
        if isinstance(value, bool):
            words.append(f"--{hyphenated(name)}" if value else f"--no-{hyphenated(name)}")
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            words += [f"--{hyphenated(name)}", *value]
        else:
            words += [f"--{hyphenated(name)}", value if isinstance(value, str) else json.dumps(value)]
    return words
