import * as names from "../../config/names";

describe("a derived name", () => {
  it.each([
    [names.stackName("dev", "stage1"), "dev-stage1"],
    [names.namePrefix("dev"), "opsdx-dev"],
    [names.namePrefix(names.GLOBAL), "opsdx-global"],
    [names.clusterFullName({ dns: { zone: "dev.opsdx.io" } }, "k8s-ml"), "k8s-ml.dev.opsdx.io"],
    [names.clusterLogGroup("dev", "k8s"), "opsdx-dev-k8s-logs"],
    [names.clusterLogGroup("dev", "k8s-ml"), "opsdx-ml-dev-k8s-logs"],
    [names.clusterLogGroup("dev", "k8s-ml-tf"), "opsdx-ml-dev-k8s-logs"],
    [names.clusterLogGroup("dev", "k8s-batch"), "opsdx-batch-dev-k8s-logs"],
    [names.logStreamRoot("k8s"), "kubernetes"],
    [names.logStreamRoot("k8s-ml"), "kubernetes"],
    [names.logStreamRoot("k8s-ml-tf"), "k8s-ml-tf"],
    [names.secretPath("dev", "epic2op"), "opsdx/dev/epic2op/"],
    [names.publishedFolder("dev", "stage1"), "/opsdx/dev/stage1/"],
    [names.ciApplyRole("dev"), "opsdx-ci-apply-dev"],
    [names.etlLauncherRole("dev"), "opsdx-dev-etl-launcher"],
    [names.delegationRole("dev", "write"), "opsdx-dns-delegation-dev"],
    [names.delegationRole("dev", "read"), "opsdx-dns-delegation-dev-read"],
    [names.boundaryArn("111122223333"), "arn:aws:iam::111122223333:policy/opsdx-boundary"],
    [names.roleArn("111122223333", "opsdx-ci-plan"), "arn:aws:iam::111122223333:role/opsdx-ci-plan"],
  ])("%s", (name, expected) => expect(name).toBe(expected));
});
