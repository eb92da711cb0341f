import { exercisesBucket, stackName } from "../../../config/names";
import type { DrillsConfig } from "../../../config/schema/drills";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { aws, cdktf, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import type { Drill } from "./drill";
import { CHAOSKUBE, DRILLS } from "./names";

/** What the drills' page of the runbook is written from. */
export interface DrillsFactsProps {
  /** The environment. */
  readonly environment: EnvironmentConfig;
  /** Settings of drills. */
  readonly config: DrillsConfig;
  /** The drills. */
  readonly drills: readonly Drill[];
  /** Full name of the cluster that chaoskube runs on. */
  readonly cluster: string;
}

/** What the runbook says of fire drills. */
export function drillsFacts({ cluster, config, drills, environment }: DrillsFactsProps): SystemFacts {
  const { name } = environment;
  const on = (args: string): Command => kubectl({ cluster, namespace: DRILLS }, args);
  const drill = (args: string): Command => opsdx(`drill ${args}`);
  const [first] = drills;
  const example = first?.name ?? placeholder("name");
  const withheld = Object.entries(config.withheld);
  const experiments = drills.filter(({ injection }) => injection.kind === "fis");
  return {
    name: DRILLS,
    title: "Fire drills",
    owner: config.owner,
    purpose:
      "Breaks things on purpose and measures whether people are told, how long it takes until it is mended, and whether backups can be restored. Nothing is armed between drills.",
    launch: [
      [
        "What chaoskube and AWS need for it, which kills nothing by itself:",
        cdktf("deploy", stackName(name, "stage3")),
      ],
      [
        "Which drills there are, when each was done last, and what one would do:",
        drill(`list ${name}`),
        drill(`plan ${name} ${example}`),
      ],
      ...(config.arming === "person"
        ? [
            [
              "Here a person arms the environment first, for an hour and with a reason:",
              drill(`arm ${name} --reason '${placeholder("reason")}'`),
            ],
          ]
        : []),
      [
        "Run one. Tell the person on call first, and stay until it has ended: it looks that all is well, breaks something, watches, and cleans up.",
        drill(`run ${name} ${example}`),
      ],
    ],
    stop: [
      ["At once: it takes back what it did, or what one that was killed has left.", drill(`abort ${name}`)],
      ["What still kills pods, if the command is not at hand:", on("delete jobs -l app=chaoskube")],
      ...(experiments.length === 0
        ? []
        : [
            [
              "What AWS still does:",
              aws(
                "fis list-experiments --query \"experiments[?state.status=='running'].[id,creationTime]\" --output table",
              ),
              aws(`fis stop-experiment --id ${placeholder("id")}`),
            ],
          ]),
    ],
    status: [
      drill(`list ${name}`),
      on("get jobs,pods"),
      ["chaoskube's own Deployment has no replica, ever:", on(`get deployment ${CHAOSKUBE}`)],
    ],
    logs: [
      ["What chaoskube killed:", on("logs -l app=chaoskube --tail=100")],
      ["Scorecards:", drill(`report ${name}`)],
    ],
    metrics: [
      "It has none of its own: scorecards have the minutes until an alarm fired, until it worked again, and until all was as before.",
    ],
    procedures: [
      {
        title: "What is drilled, and what is not",
        steps: [
          "docs/drills/README.md lists every drill with its hypothesis, and every alarm that wakes somebody with the drill that makes it fire, or why none does.",
          ...(withheld.length === 0
            ? []
            : [`Here these never run: ${withheld.map(([drillName, why]) => `\`${drillName}\` (${why})`).join("; ")}`]),
          ...(drills.some(({ fires }) => fires.some(({ cluster: evaluator }) => evaluator !== undefined))
            ? [
                "Alarms of Prometheus are asked for in its pod, as nothing else may call it: in such a drill `pods-entered` of the cluster rings, too, and names who runs it.",
              ]
            : []),
          "After a drill: commit its scorecard (docs/drills/), and open an issue for every minute that was too many.",
        ],
      },
      {
        title: "A drill was killed before it cleaned up",
        steps: [
          ["What it left is written down, and taken back by the next run, or by:", drill(`abort ${name}`)],
          [
            "Where it is written down, and what it says:",
            aws(`s3 ls s3://${exercisesBucket(name, environment.account.id)}/drills/`),
          ],
        ],
      },
    ],
  };
}
