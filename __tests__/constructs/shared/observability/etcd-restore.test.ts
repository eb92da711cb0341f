import { etcdRestoreSteps } from "../../../../constructs/shared/observability/etcd-restore";
import { stepProblems } from "../../../../constructs/shared/observability/steps";
import { stepText } from "../../../support";

const steps = etcdRestoreSteps({ cluster: "k8s.dev.opsdx.io", stateBucket: "kops" });
const texts = steps.map(stepText);
const at = (text: string): number => texts.findIndex((step) => step.includes(text));

it("asks for both restores, by the tool that etcd-manager's image holds", () => {
  const backups = "s3://kops/k8s.dev.opsdx.io/backups/etcd";
  for (const member of ["main", "events"]) {
    expect(texts[0]).toContain(`aws s3 ls ${backups}/${member}/`);
    expect(texts[1]).toContain(
      'sudo crictl exec "$(sudo crictl ps --quiet --name etcd-manager | head -n 1)" ' +
        `/ko-app/etcd-manager-ctl --backup-store=${backups}/${member} restore-backup <backup>`,
    );
  }
});

it("stops the containers of every control plane afterwards, and no pod through the API", () => {
  expect(texts[2]).toContain(
    "aws ssm send-command --document-name AWS-RunShellScript " +
      '--targets "Key=tag:KubernetesCluster,Values=k8s.dev.opsdx.io" "Key=tag:k8s.io/role/control-plane,Values=1" ' +
      `--parameters 'commands=["crictl ps --quiet --name etcd-manager | xargs crictl stop"]'`,
  );
  expect(texts.join()).not.toContain("delete pod");
});

it("goes on in kops' order: whole again, stale leases, every node", () => {
  const order = [
    "restore-backup",
    "xargs crictl stop",
    "kops validate cluster --name k8s.dev.opsdx.io --state s3://kops --wait 15m",
    "--endpoints=https://127.0.0.1:4001 del --prefix /registry/masterleases/",
    "kops rolling-update cluster --name k8s.dev.opsdx.io --state s3://kops --force --yes",
  ].map(at);
  expect(order).toEqual([1, 2, 3, 4, 5]);
});

it("is steps of the runbook", () => expect(steps.flatMap(stepProblems)).toEqual([]));
