import { secretName, type ServiceSecret } from "../../config/service-secrets";
import { makeValue, type GeneratedRecipe } from "./recipes";
import type { SecretWriter } from "./secrets";

/** What became of a secret. */
export interface Initialized {
  /** Full name. */
  readonly name: string;
  /**
   * `made`: it has its first value. `would be made`: it would. `has a value`: it had one, and keeps it. `waits for a person`: nothing
   * can make its value. `not there`: stage1 does not have it yet, or it waits for its deletion.
   */
  readonly outcome: "made" | "would be made" | "has a value" | "waits for a person" | "not there";
  /** The secret. */
  readonly secret: ServiceSecret;
}

/** Settings of {@link initialize}. */
export interface InitializeProps {
  /** Name of the environment. */
  readonly environment: string;
  /** The account's secrets. */
  readonly store: SecretWriter;
  /** The secrets. */
  readonly secrets: readonly ServiceSecret[];
  /** Days that a certificate is valid. */
  readonly validDays: number;
  /** Look only. @default false */
  readonly dryRun?: boolean;
  /** Told of each secret as soon as it has its value. @default - nobody is */
  readonly onMade?: (secret: Initialized) => void;
}

/** What each secret is, before anything is made. */
export function look({ environment, secrets, store }: InitializeProps): Promise<readonly Initialized[]> {
  return Promise.all(
    secrets.map(async (secret): Promise<Initialized> => {
      const name = secretName(environment, secret);
      const found = await store.describe(name);
      const there = found !== undefined && !found.deleted;
      const empty = secret.recipe.kind === "person" ? "waits for a person" : "would be made";
      return { name, secret, outcome: !there ? "not there" : found.since === undefined ? empty : "has a value" };
    }),
  );
}

/** Gives each secret that has none its first value, where one can be made; changes no other. One after the other, so that an end leaves none half done. */
export async function initialize(
  looked: readonly Initialized[],
  { dryRun, onMade, store, validDays }: InitializeProps,
): Promise<readonly Initialized[]> {
  if (dryRun === true) return looked;
  const done: Initialized[] = [];
  for (const one of looked) {
    const { name, outcome, secret } = one;
    if (outcome !== "would be made") {
      done.push(one);
      continue;
    }
    const isFirst = await store.putFirst(name, await makeValue(secret.recipe as GeneratedRecipe, { validDays }));
    const made: Initialized = { name, secret, outcome: isFirst ? "made" : "has a value" };
    done.push(made);
    onMade?.(made);
  }
  return done;
}
