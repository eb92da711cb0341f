"""
Teaches the emulator what AWS gives back beyond, or other than, what it was sent: a second plan is empty against AWS only if it is empty
against these answers. docs/emulator.md says what was looked at, and where each answer is written down.
"""

from moto.awslambda.models import LambdaFunction
from moto.config.models import ConfigRecorder, Scope
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup
from moto.rds.models import DBInstance, DBParameterGroup

# Values that RDS for PostgreSQL 17 has by itself.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
# https://www.postgresql.org/docs/17/runtime-config-wal.html
PARAMETER_DEFAULTS = {"rds.force_ssl": "1", "rds.logical_replication": "0", "checkpoint_completion_target": "0.9"}


def teach_databases() -> None:
    """
    A version without its minor part becomes a whole one; a gp3 volume says what it can do; and what moto takes and forgets is given back.
    """
    original = DBInstance.__init__
    remembered = (
        "database_insights_mode",
        "engine_lifecycle_support",
        "monitoring_interval",
        "monitoring_role_arn",
        "enable_performance_insights",
        "performance_insights_kms_key_id",
        "performance_insights_retention_period",
    )

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        for name in remembered:
            if kwargs.get(name) is not None:
                setattr(self, name, kwargs[name])
        if self.engine == "postgres" and "." not in self.engine_version:
            self.engine_version += ".6"
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
        if self.storage_type == "gp3" and self.iops is None:
            striped = int(self.allocated_storage) >= 400
            self.iops, self.storage_throughput = (12000, 500) if striped else (3000, 125)

    DBInstance.__init__ = init
    DBInstance.performance_insights_enabled = property(lambda self: getattr(self, "enable_performance_insights", False))


def teach_parameter_groups() -> None:
    """
    A parameter tells where its value comes from, or the provider passes it over. One that is set to what it is by itself keeps how it is
    applied, `pending-reboot`: https://github.com/hashicorp/terraform-provider-aws/issues/18035
    """
    original = DBParameterGroup.update_parameters

    def update(self, new_parameters):
        new_parameters = list(new_parameters)
        original(self, new_parameters)
        for name in (parameter["ParameterName"] for parameter in new_parameters):
            own = self.parameters[name].get("ParameterValue") == PARAMETER_DEFAULTS.get(name, object())
            self.parameters[name].update({"Source": "system", "ApplyMethod": "pending-reboot"} if own else {"Source": "user"})

    DBParameterGroup.update_parameters = update


def teach_functions() -> None:
    """
    Logs in JSON have levels, INFO when nobody chose: https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html. Dead letters'
    target and the settings' key are given back.
    """
    original_init = LambdaFunction.__init__
    original_update = LambdaFunction.update_configuration
    original_configuration = LambdaFunction.get_configuration
    kept = ("DeadLetterConfig", "KMSKeyArn", "LoggingConfig")

    def init(self, account_id, spec, *args, **kwargs):
        original_init(self, account_id, spec, *args, **kwargs)
        self.kept = {key: spec[key] for key in kept if spec.get(key)}

    def update(self, config_updates):
        self.kept.update({key: config_updates[key] for key in kept if key in config_updates})
        return original_update(self, config_updates)

    def configuration(self, *args, **kwargs):
        logging = {"LogFormat": "Text", "LogGroup": self.logs_group_name, **self.kept.get("LoggingConfig", {})}
        if logging["LogFormat"] == "JSON":
            logging = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **logging}
        return {**original_configuration(self, *args, **kwargs), **self.kept, "LoggingConfig": logging}

    LambdaFunction.__init__ = init
    LambdaFunction.update_configuration = update
    LambdaFunction.get_configuration = configuration


def teach_recorders() -> None:
    """A recorder of everything says so: https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html"""
    original = ConfigRecorder.__init__

    def init(self, role_arn, recording_group, *args, **kwargs):
        original(self, role_arn, recording_group, *args, **kwargs)
        if recording_group.all_supported and recording_group.recording_strategy is None:
            recording_group.recording_strategy = {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}
            recording_group.exclusion_by_resource_types = {"resourceTypes": []}

    ConfigRecorder.__init__ = init


def teach_rules() -> None:
    """A rule's scope by tag is given back as it was sent: https://docs.aws.amazon.com/config/latest/APIReference/API_Scope.html"""
    original = Scope.__init__

    def init(self, compliance_resource_types=None, tag_key=None, tag_value=None, compliance_resource_id=None):
        original(self, compliance_resource_types, tag_key, tag_value, compliance_resource_id)
        self.tags, self.tag_key, self.tag_value = None, tag_key, tag_value

    Scope.__init__ = init


def teach_cache_clusters() -> None:
    """
    A replication group has as many nodes as were asked for, and each is a cache cluster, where the provider reads what the group was
    made with: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheClusters.html
    One that is deleted is gone some time.
    """
    original = ElastiCacheBackend.describe_cache_clusters
    original_delete = ElastiCacheBackend.delete_replication_group
    original_init = ReplicationGroup.__init__
    names = CacheCluster.__init__.__code__.co_varnames[1 : CacheCluster.__init__.__code__.co_argcount]

    def member(self, group, name):
        known = {"account_id": self.account_id, "region_name": self.region_name, "cache_cluster_id": name, "num_cache_nodes": 1}
        cluster = CacheCluster(**{key: known.get(key, getattr(group, key, None)) for key in names})
        for key in ("at_rest_encryption_enabled", "transit_encryption_mode"):
            setattr(cluster, key, getattr(group, key))
        cluster.security_groups = [{"security_group_id": group_id} for group_id in group.security_group_ids or []]
        return cluster

    def init(self, *args, **kwargs):
        if kwargs.get("num_cache_clusters") and not kwargs.get("replicas_per_node_group"):
            kwargs["replicas_per_node_group"] = kwargs["num_cache_clusters"] - 1
        original_init(self, *args, **kwargs)

    def describe(self, cache_cluster_id=None):
        for group in self.replication_groups.values():
            if cache_cluster_id in group.member_clusters:
                return [member(self, group, cache_cluster_id)]
        return original(self, cache_cluster_id)

    def delete(self, replication_group_id, *args, **kwargs):
        group = original_delete(self, replication_group_id, *args, **kwargs)
        self.replication_groups.pop(replication_group_id)
        return group

    ElastiCacheBackend.delete_replication_group = delete
    ElastiCacheBackend.describe_cache_clusters = describe
    ReplicationGroup.__init__ = init


def teach_what_aws_gives_back() -> None:
    teach_databases()
    teach_parameter_groups()
    teach_functions()
    teach_recorders()
    teach_rules()
    teach_cache_clusters()
