import type { EnvironmentConfig } from "../../config/schema/environment";
import { serviceSecrets, type ServiceSecret } from "../../config/service-secrets";
import { stackName } from "../../config/names";
import type { SandboxPaths } from "../../stacks/sandbox/paths";
import { initialize, look } from "../secrets/init";
import { certificateDays } from "../secrets/recipes";

/** Stands for what a person gives. */
const MADE_UP = "made-up-for-the-sandbox";

/** Settings of {@link fillSecrets}. */
export interface FillSecretsProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** The environments of the configuration. */
  readonly environments: readonly EnvironmentConfig[];
  /** Tells the person. */
  readonly say: (message: string) => void;
  /** The secrets of an environment's services. @default - those that the configuration declares */
  readonly services?: (environment: EnvironmentConfig) => readonly ServiceSecret[];
}

/** Gives the secrets of services their first values, as soon as a stage1 is applied: no release of stage3 is planned without them. */
export async function fillSecrets(stack: string, props: FillSecretsProps): Promise<void> {
  const { environments, paths, say, services = serviceSecrets } = props;
  const environment = environments.find(({ name }) => stackName(name, "stage1") === stack);
  const secrets = environment === undefined ? [] : services(environment);
  if (environment === undefined || secrets.length === 0) return;
  const { account, name } = environment;
  const { SecretsManagerStore } = await import("../secrets/secrets");
  const store = new SecretsManagerStore(
    { environment: name, id: account.id, region: account.region },
    { OPSDX_SANDBOX: paths.directory },
  );
  const wanted = { environment: name, store, secrets, validDays: certificateDays(environment) };
  const looked = await look(wanted);
  const made = await initialize(looked, wanted);
  const given = looked.filter(({ outcome }) => outcome === "waits for a person");
  for (const secret of given) await store.putFirst(secret.name, MADE_UP);
  const count = made.filter(({ outcome }) => outcome === "made").length + given.length;
  if (count > 0) say(`${name}: ${count} secrets of services are filled, ${given.length} of them in place of a person.`);
}
