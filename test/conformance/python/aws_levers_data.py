"""Levers of ElastiCache and RDS."""

from aws_lever import Lever, named, only, refusal, resource, wanted


# ElastiCache


def cache(c, name):
    found = c.call("elasticache", "describe_replication_groups", ReplicationGroupId=name)
    return only(found["ReplicationGroups"])


def nodes(c, name):
    found = c.call("elasticache", "describe_cache_clusters")["CacheClusters"]
    return [node for node in found if node["ReplicationGroupId"] == name]


def available(c, name):
    return sum(node["CacheClusterStatus"] == "available" for node in nodes(c, name))


def change_cache(c, operation, name, **change):
    return c.call("elasticache", operation, ReplicationGroupId=name, **change, ApplyImmediately=True)


def replicas(c, count):
    return change_cache(c, "increase_replica_count", "replicated", NewReplicaCount=count)


def shards(c, count, **more):
    operation = "modify_replication_group_shard_configuration"
    return change_cache(c, operation, "sharded", NodeGroupCount=count, **more)


def retype(c, node_type):
    return change_cache(c, "modify_replication_group", "typed", CacheNodeType=node_type)


def retype_as_allowed(c, node_type):
    found = c.call("elasticache", "list_allowed_node_type_modifications", ReplicationGroupId="typed")
    if node_type not in found["ScaleUpModifications"]:
        raise AssertionError(f"{node_type} is not among {found['ScaleUpModifications']}")
    return retype(c, node_type)


ELASTICACHE = [
    Lever(
        row="aws.elasticache replicas",
        world=resource("aws.elasticache", "replicas", {"replicationGroup": "replicated"}, 1),
        read=lambda c: {"nodes": len(nodes(c, "replicated"))},
        before={"nodes": 2},
        change=lambda c: replicas(c, 3),
        after={"nodes": 4},
        serving=lambda c: available(c, "replicated"),
        serves=4,
        refusals=[
            refusal("unknown group", "ReplicationGroupNotFoundFault", lambda c: cache(c, "nobody")),
            refusal("nothing to do", "NoOperationFault", lambda c: replicas(c, 3)),
            refusal(
                "six replicas",
                "InvalidParameterValue",
                lambda c: replicas(c, 6),
                kind="InvalidParameterValueException",
            ),
        ],
        scalable=("elasticache", "elasticache:replication-group:Replicas", "replication-group/replicated"),
        listing=("elasticache", "describe_cache_clusters", "CacheClusters", 20, {}, 24),
        waiter=("elasticache", "replication_group_available", {"ReplicationGroupId": "replicated"}),
    ),
    Lever(
        row="aws.elasticache shards",
        world=resource("aws.elasticache", "shards", {"replicationGroup": "sharded"}, 3),
        read=lambda c: {"shards": len(cache(c, "sharded")["NodeGroups"])},
        before={"shards": 3},
        change=lambda c: shards(c, 5),
        after={"shards": 5},
        serving=lambda c: available(c, "sharded"),
        serves=10,
        refusals=[
            refusal(
                "fewer without naming them",
                "InvalidParameterCombination",
                lambda c: shards(c, 4),
                kind="InvalidParameterCombinationException",
            ),
            refusal(
                "fewer by one that is not there",
                "NodeGroupNotFoundFault",
                lambda c: shards(c, 4, NodeGroupsToRemove=["9999"]),
            ),
        ],
        scalable=("elasticache", "elasticache:replication-group:NodeGroups", "replication-group/sharded"),
        waiter=("elasticache", "replication_group_available", {"ReplicationGroupId": "sharded"}),
    ),
    Lever(
        row="aws.elasticache node-type",
        world=resource(
            "aws.elasticache", "node-type", {"replicationGroup": "typed"}, 10, className="cache.r7g.large"
        ),
        read=lambda c: [wanted(node, "CacheNodeType") for node in nodes(c, "typed")],
        before=["cache.r7g.large"] * 2,
        change=lambda c: retype_as_allowed(c, "cache.r7g.xlarge"),
        after=["cache.r7g.xlarge"] * 2,
        serving=lambda c: cache(c, "typed")["CacheNodeType"],
        serves="cache.r7g.xlarge",
        refusals=[
            refusal(
                "another family",
                "InvalidParameterCombination",
                lambda c: retype(c, "cache.m7g.large"),
                kind="InvalidParameterCombinationException",
            ),
        ],
        waiter=("elasticache", "replication_group_available", {"ReplicationGroupId": "typed"}),
    ),
]


# RDS


def cluster(c, name):
    return only(c.call("rds", "describe_db_clusters", DBClusterIdentifier=name)["DBClusters"])


def database(c, name):
    return only(c.call("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"])


def modify(c, name, **change):
    return c.call("rds", "modify_db_instance", DBInstanceIdentifier=name, **change, ApplyImmediately=True)


def make_reader(c, name):
    engine = {"DBInstanceClass": "db.r6g.large", "Engine": "aurora-postgresql"}
    names = {"DBInstanceIdentifier": name, "DBClusterIdentifier": "readers"}
    return c.call("rds", "create_db_instance", **names, **engine)


def delete_reader(c, name):
    return c.call("rds", "delete_db_instance", DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def member_statuses(c, name):
    filters = [{"Name": "db-cluster-id", "Values": [name]}]
    found = c.call("rds", "describe_db_instances", Filters=filters)["DBInstances"]
    return sorted(instance["DBInstanceStatus"] for instance in found)


def set_range(c, name, low, high):
    capacity = {"ServerlessV2ScalingConfiguration": {"MinCapacity": low, "MaxCapacity": high}}
    return c.call("rds", "modify_db_cluster", DBClusterIdentifier=name, **capacity, ApplyImmediately=True)


RDS = [
    Lever(
        row="aws.rds readers",
        world=resource("aws.rds", "readers", {"cluster": "readers"}, 1),
        read=lambda c: {"members": len(cluster(c, "readers")["DBClusterMembers"])},
        before={"members": 2},
        change=lambda c: make_reader(c, "season"),
        after={"members": 3},
        serving=lambda c: member_statuses(c, "readers"),
        serves=["available"] * 3,
        refusals=[
            refusal("unknown cluster", "DBClusterNotFoundFault", lambda c: cluster(c, "nobody")),
            refusal(
                "an identifier that is taken",
                "DBInstanceAlreadyExists",
                lambda c: make_reader(c, "season"),
                kind="DBInstanceAlreadyExistsFault",
            ),
            refusal(
                "unknown instance",
                "DBInstanceNotFound",
                lambda c: delete_reader(c, "nobody"),
                kind="DBInstanceNotFoundFault",
            ),
        ],
        scalable=("rds", "rds:cluster:ReadReplicaCount", "cluster:readers"),
        listing=("rds", "describe_db_instances", "DBInstances", 20, {}, 26),
        waiter=("rds", "db_instance_available", {"DBInstanceIdentifier": "season"}),
    ),
    Lever(
        row="aws.rds serverless-capacity",
        world=resource(
            "aws.rds", "serverless-capacity", {"cluster": "serverless"}, 2, True, minimumUnits=2, maximumUnits=8
        ),
        read=lambda c: cluster(c, "serverless")["ServerlessV2ScalingConfiguration"],
        before={"MinCapacity": 2.0, "MaxCapacity": 8.0},
        change=lambda c: set_range(c, "serverless", 6.5, 12),
        after={"MinCapacity": 6.5, "MaxCapacity": 12.0},
        serving=lambda c: cluster(c, "serverless")["Status"],
        serves="available",
        refusals=[
            refusal(
                "a third of a unit",
                "InvalidParameterValue",
                lambda c: set_range(c, "serverless", 1.3, 8),
                kind="ClientError",
            ),
        ],
        waiter=("rds", "db_cluster_available", {"DBClusterIdentifier": "serverless"}),
    ),
    Lever(
        row="aws.rds instance-class",
        world=resource("aws.rds", "instance-class", {"instance": "orders"}, 10, className="db.r6g.large"),
        read=lambda c: {"class": wanted(database(c, "orders"), "DBInstanceClass")},
        before={"class": "db.r6g.large"},
        change=lambda c: modify(c, "orders", DBInstanceClass="db.r6g.xlarge"),
        after={"class": "db.r6g.xlarge"},
        serving=lambda c: named(database(c, "orders"), "DBInstanceClass", "DBInstanceStatus"),
        serves=["db.r6g.xlarge", "available"],
        refusals=[
            refusal(
                "no such class",
                "InvalidParameterValue",
                lambda c: modify(c, "orders", DBInstanceClass="xlarge"),
                kind="ClientError",
            ),
        ],
        waiter=("rds", "db_instance_available", {"DBInstanceIdentifier": "orders"}),
    ),
    Lever(
        row="aws.rds storage",
        world=resource("aws.rds", "storage", {"instance": "ledger"}, 100),
        read=lambda c: {"gib": wanted(database(c, "ledger"), "AllocatedStorage")},
        before={"gib": 100},
        change=lambda c: modify(c, "ledger", AllocatedStorage=120),
        after={"gib": 120},
        serving=lambda c: database(c, "ledger")["AllocatedStorage"],
        serves=120,
        refusals=[
            refusal(
                "a smaller volume",
                "InvalidParameterCombination",
                lambda c: modify(c, "ledger", AllocatedStorage=100),
                kind="ClientError",
            ),
            refusal(
                "a second step at once",
                "InvalidParameterCombination",
                lambda c: modify(c, "ledger", AllocatedStorage=150),
                kind="ClientError",
            ),
        ],
    ),
]

# What listings have besides, so that there is a second page.
CROWD = [
    *[resource("aws.rds", "storage", {"instance": f"listed-{n}"}, 100) for n in range(20)],
    *[resource("aws.elasticache", "replicas", {"replicationGroup": f"listed-{n}"}, 0) for n in range(12)],
]
