"""Levers of EC2 Auto Scaling, ECS, EKS and Lambda."""

from aws_lever import Lever, named, only, refusal, resource


# EC2 Auto Scaling


def group(c, name):
    found = c.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
    return only(found["AutoScalingGroups"])


def sizes(found):
    return {"min": found["MinSize"], "desired": found["DesiredCapacity"], "max": found["MaxSize"]}


def in_service(c, name):
    return sum(item["LifecycleState"] == "InService" for item in group(c, name)["Instances"])


def update_group(c, name, **change):
    return c.call("autoscaling", "update_auto_scaling_group", AutoScalingGroupName=name, **change)


def share_of(found):
    distribution = found["MixedInstancesPolicy"]["InstancesDistribution"]
    return {"onDemandPercent": distribution["OnDemandPercentageAboveBaseCapacity"]}


def set_share(c, name, percent):
    """The policy goes back whole, with a launch template by its id alone: AWS refuses id and name together."""
    policy = group(c, name)["MixedInstancesPolicy"]
    template = policy["LaunchTemplate"]
    specification = dict(template["LaunchTemplateSpecification"])
    specification.pop("LaunchTemplateName", None)
    changed = {
        "LaunchTemplate": {**template, "LaunchTemplateSpecification": specification},
        "InstancesDistribution": {
            **policy["InstancesDistribution"],
            "OnDemandPercentageAboveBaseCapacity": percent,
        },
    }
    return update_group(c, name, MixedInstancesPolicy=changed)


BOUNDS = {"minimumUnits": 2, "maximumUnits": 20}

ASG = [
    Lever(
        row="aws.asg",
        world=resource("aws.asg", "instances", {"group": "gallery"}, 4, **BOUNDS),
        read=lambda c: sizes(group(c, "gallery")),
        before={"min": 2, "desired": 4, "max": 20},
        change=lambda c: update_group(c, "gallery", MinSize=8, DesiredCapacity=8),
        after={"min": 8, "desired": 8, "max": 20},
        serving=lambda c: in_service(c, "gallery"),
        serves=8,
        refusals=[
            refusal(
                "unknown group",
                "ValidationError",
                lambda c: update_group(c, "nobody", MinSize=1),
                kind="ClientError",
            ),
            refusal(
                "minimum above maximum",
                "ValidationError",
                lambda c: update_group(c, "gallery", MinSize=30, MaxSize=20),
                kind="ClientError",
            ),
        ],
        listing=("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", 1, {}, 2),
    ),
    Lever(
        row="aws.asg",
        variant="spot",
        world=resource("aws.asg", "instances", {"group": "spot"}, 4, onDemandPercent=100, **BOUNDS),
        read=lambda c: share_of(group(c, "spot")),
        before={"onDemandPercent": 100},
        change=lambda c: set_share(c, "spot", 40),
        after={"onDemandPercent": 40},
        serving=lambda c: in_service(c, "spot"),
        serves=4,
    ),
]


# ECS


def service(c, name):
    return only(c.call("ecs", "describe_services", cluster="weddings", services=[name])["services"])


def set_count(c, name, count, cluster="weddings"):
    return c.call("ecs", "update_service", cluster=cluster, service=name, desiredCount=count)


ECS = [
    Lever(
        row="aws.ecs",
        world=resource("aws.ecs", "tasks", {"cluster": "weddings", "service": "uploads"}, 3),
        read=lambda c: {"desired": service(c, "uploads")["desiredCount"]},
        before={"desired": 3},
        change=lambda c: set_count(c, "uploads", 9),
        after={"desired": 9},
        serving=lambda c: service(c, "uploads")["runningCount"],
        serves=9,
        refusals=[
            refusal(
                "unknown cluster",
                "ClusterNotFoundException",
                lambda c: set_count(c, "uploads", 1, cluster="nowhere"),
            ),
            refusal("unknown service", "ServiceNotFoundException", lambda c: set_count(c, "nobody", 1)),
        ],
        scalable=("ecs", "ecs:service:DesiredCount", "service/weddings/uploads"),
        listing=("ecs", "list_services", "serviceArns", 1, {"cluster": "weddings"}, 2),
        waiter=("ecs", "services_stable", {"cluster": "weddings", "services": ["uploads"]}),
    ),
]


# EKS


def nodegroup(c, name="gallery"):
    found = c.call("eks", "describe_nodegroup", clusterName="weddings", nodegroupName=name)
    return found["nodegroup"]


def resize(c, name="gallery", **scaling):
    names = {"clusterName": "weddings", "nodegroupName": name}
    return c.call("eks", "update_nodegroup_config", **names, scalingConfig=scaling)


def resize_twice(c):
    resize(c, minSize=9, desiredSize=9)
    resize(c, minSize=8, desiredSize=8)


EKS = [
    Lever(
        row="aws.eks",
        world=resource("aws.eks", "nodes", {"cluster": "weddings", "nodegroup": "gallery"}, 4, **BOUNDS),
        read=lambda c: nodegroup(c)["scalingConfig"],
        before={"minSize": 2, "desiredSize": 4, "maxSize": 20},
        change=lambda c: resize(c, minSize=8, desiredSize=8),
        after={"minSize": 8, "desiredSize": 8, "maxSize": 20},
        serving=lambda c: nodegroup(c)["status"],
        serves="ACTIVE",
        refusals=[
            refusal("unknown node group", "ResourceNotFoundException", lambda c: resize(c, "nobody", minSize=1)),
            refusal("minimum above maximum", "InvalidParameterException", lambda c: resize(c, minSize=30)),
            refusal("a second update at once", "ResourceInUseException", resize_twice),
        ],
        listing=("eks", "list_nodegroups", "nodegroups", 1, {"clusterName": "weddings"}, 2),
        waiter=("eks", "nodegroup_active", {"clusterName": "weddings", "nodegroupName": "gallery"}),
    ),
]


# Lambda

LIVE = {"FunctionName": "uploads", "Qualifier": "live"}


def provisioned(c, **names):
    return c.call("lambda", "get_provisioned_concurrency_config", **{**LIVE, **names})


def provision(c, units, **names):
    change = {"ProvisionedConcurrentExecutions": units}
    return c.call("lambda", "put_provisioned_concurrency_config", **{**LIVE, **names}, **change)


LAMBDA = [
    Lever(
        row="aws.lambda",
        world=resource("aws.lambda", "provisioned-concurrency", {"function": "uploads", "qualifier": "live"}, 3),
        read=lambda c: {"requested": provisioned(c)["RequestedProvisionedConcurrentExecutions"]},
        before={"requested": 3},
        change=lambda c: provision(c, 12),
        after={"requested": 12},
        serving=lambda c: named(provisioned(c), "Status", "AvailableProvisionedConcurrentExecutions"),
        serves=["READY", 12],
        refusals=[
            refusal(
                "unknown function",
                "ResourceNotFoundException",
                lambda c: provisioned(c, FunctionName="nobody"),
            ),
            refusal(
                "none on this alias",
                "ProvisionedConcurrencyConfigNotFoundException",
                lambda c: provisioned(c, Qualifier="next"),
            ),
            refusal(
                "$LATEST", "InvalidParameterValueException", lambda c: provision(c, 1, Qualifier="$LATEST")
            ),
            refusal(
                "more than the account has", "InvalidParameterValueException", lambda c: provision(c, 5_000)
            ),
        ],
        scalable=("lambda", "lambda:function:ProvisionedConcurrency", "function:uploads:live"),
        listing=(
            "lambda",
            "list_provisioned_concurrency_configs",
            "ProvisionedConcurrencyConfigs",
            1,
            {"FunctionName": "listed"},
            2,
        ),
    ),
]

# What listings have besides, so that there is a second page.
CROWD = [
    resource("aws.ecs", "tasks", {"cluster": "weddings", "service": "listed"}, 1),
    resource("aws.eks", "nodes", {"cluster": "weddings", "nodegroup": "listed"}, 2, **BOUNDS),
    resource("aws.lambda", "provisioned-concurrency", {"function": "uploads", "qualifier": "next"}, 0),
    resource("aws.lambda", "provisioned-concurrency", {"function": "listed", "qualifier": "1"}, 1),
    resource("aws.lambda", "provisioned-concurrency", {"function": "listed", "qualifier": "2"}, 1),
]

# What the account may have; less than the sandbox gives by default, so that it can be met.
QUOTAS = [{"region": "eu-west-1", "service": "lambda", "code": "L-B99A9384", "limit": 1000}]
