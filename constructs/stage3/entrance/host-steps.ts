import { stackName } from "../../../config/names";
import type { EntranceHostProps } from "../../shared/http/entrance";
import type { HostAlarmSteps } from "../../shared/http/host-alarms";
import { cdktf, kubectl, opsdx, pipe } from "../../shared/observability/command";

/** What to do when a service behind the entrance fails, after what holds for every host: its own steps come last. */
export function hostSteps(
  environment: string,
  { place, service, steps = {}, workload }: Pick<EntranceHostProps, "place" | "service" | "steps" | "workload">,
): HostAlarmSteps {
  const on = (args: string) => kubectl(place, args);
  const rollout = (verb: string) => on(`rollout ${verb} ${workload}`);
  const pods = on("get pods -o wide");
  const logs = on(`logs ${workload} --tail=100 --prefix`);
  return {
    noHealthyTarget: [
      [
        "No target is listed: the auto scaling group is empty or not attached. Attach it again:",
        cdktf("deploy", stackName(environment, "stage3")),
      ],
      ["Targets time out: the pods are gone or do not listen.", pods, on(`describe ${workload}`)],
      ["Targets answer other than 200:", logs, "After a new version:", rollout("undo")],
      ...(steps.noHealthyTarget ?? []),
    ],
    unhealthyTarget: [
      [
        "Every node forwards the port to any pod, so one bad node alone means its network:",
        kubectl({ cluster: place.cluster }, "get pods -n kube-system -l k8s-app=cilium -o wide"),
      ],
      ["All nodes: see the pods.", pods, logs],
      ...(steps.unhealthyTarget ?? []),
    ],
    errorRate: [
      [
        "What do they say?",
        pipe(on(`logs ${workload} --since=15m --tail=-1`), "grep -iE 'error|panic|timeout'", "tail"),
      ],
      ["Is it so for you?", opsdx(`open ${environment} ${service}`)],
      ["After a new version:", rollout("history"), "go back to the former:", rollout("undo")],
      ...(steps.errorRate ?? []),
    ],
    latency: [
      ["Which pod is busy, and is it at its limit?", on("top pod"), on(`describe ${workload}`)],
      ...(steps.latency ?? []),
    ],
  };
}
