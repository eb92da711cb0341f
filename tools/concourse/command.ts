import { Command } from "commander";
import { loadConfig, type Config } from "../../config/load";
import { clusterFullName } from "../../config/names";
import { CONCOURSE, PIPELINE, RENEW_LOGIN, SET_PIPELINE } from "../../constructs/stage3/concourse/names";
import { UsageError } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { runTemplate, type JobSurroundings } from "../cluster-jobs";

/** Settings of {@link concourseCommand}. */
export interface ConcourseCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Surroundings of the Jobs. @default - this process's environment, and the clock */
  readonly surroundings?: Partial<JobSurroundings>;
}

const EXAMPLES = `
Examples:
  npx opsdx concourse pipeline set dev
`;

/** `opsdx concourse`: what Concourse needs by hand. */
export function concourseCommand({ load = loadConfig, surroundings = {} }: ConcourseCommandProps = {}): Command {
  const concourse = new Command("concourse").description("Concourse: its pipeline").addHelpText("after", EXAMPLES);
  const pipeline = concourse
    .command("pipeline")
    .description("the pipeline that sets itself")
    .addHelpText("after", EXAMPLES);
  pipeline
    .command("set")
    .helpGroup(GROUPS.run)
    .description("set the pipeline as the deployed settings say; can be repeated")
    .argument("<env>", "environment")
    .addHelpText(
      "after",
      `${EXAMPLES}
Two Jobs on the cluster, by your kubectl: one renews the pipeline's login to the registry, one signs in as the local user
${PIPELINE.user}, whose password stays in the cluster, and sets ${PIPELINE.name}. From then on the pipeline sets itself, whenever its file changes in its repository.
`,
    )
    .action(async (name: string) => {
      const config = load();
      const environment = findEnvironment(config, name);
      if (environment.concourse === undefined) {
        const known = config.environments.filter((each) => each.concourse !== undefined).map((each) => each.name);
        throw new UsageError(`<env> must be one that has Concourse (${known.join(", ")}), got "${name}"`);
      }
      const cluster = "k8s";
      const place = {
        environment: name,
        cluster,
        context: clusterFullName(environment, cluster),
        namespace: CONCOURSE,
      };
      const shared = {
        env: process.env,
        suffix: new Date().toISOString().replace(/\D/g, "").slice(0, 14),
        ...surroundings,
      };
      for (const template of [RENEW_LOGIN, SET_PIPELINE]) {
        console.error(`${template} …`);
        console.log(await runTemplate(place, template, shared));
      }
      const { branch, file, repository } = environment.concourse.pipeline;
      console.error(`Set. It follows ${file} of ${repository} (${branch}) from now on.`);
    });
  return concourse;
}
