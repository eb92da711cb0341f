import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { overlaps } from "../cidr-plan";
import { NAME_TAKEN } from "./etl-names";
import { accountId, cidr, domainName } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { servicesOf, workloadsOf } from "./workloads";

/** What the files are compared by; a part that is wrong in one file is left out, and reported there. */
const facts = z.object({
  name: z.unknown(),
  account: valid(z.object({ id: accountId })),
  network: valid(z.object({ cidr })),
  dns: valid(z.object({ zone: domainName })),
});
const program = z.object({
  global: valid(
    z.object({
      account: valid(z.object({ id: accountId })),
      managementAccount: valid(accountId),
      domain: valid(domainName),
      containerRepositories: valid(z.array(z.string())),
    }),
  ),
  environments: z.record(z.string(), valid(facts)),
});
/** Each environment as it stands, for what looks for workloads in it. */
const images = z.object({ global: program.shape.global, environments: z.record(z.string(), z.unknown()) });

/** An environment is called what its file is called. */
const namedAfterFile = rule(program, function* ({ environments }) {
  for (const [name, environment] of Object.entries(environments)) {
    if (typeof environment?.name !== "string" || environment.name === name) continue;
    yield {
      path: ["environments", name, "name"],
      rule: "must be the name of its file",
      received: environment.name,
      nearest: name,
    };
  }
});

/** The environment's zone is its name below the apex. */
const zoneBelowApex = rule(program, function* ({ global, environments }) {
  if (global?.domain === undefined) return;
  for (const [name, environment] of Object.entries(environments)) {
    const zone = `${name}.${global.domain}`;
    if (environment?.dns === undefined || environment.dns.zone === zone) continue;
    yield {
      path: ["environments", name, "dns", "zone"],
      rule: "must be the environment's name below the apex zone",
      received: environment.dns.zone,
      nearest: zone,
    };
  }
});

/** Each environment has an account of its own, and none shares the global one. */
const accountsDiffer = rule(program, function* ({ global, environments }) {
  const owners = new Map(global?.account === undefined ? [] : [[global.account.id, "global"]]);
  for (const [name, environment] of Object.entries(environments)) {
    const id = environment?.account?.id;
    if (id === undefined) continue;
    const other = owners.get(id);
    owners.set(id, other ?? name);
    if (other !== undefined) {
      yield {
        path: ["environments", name, "account", "id"],
        rule: `must differ from ${other}'s: each environment has an account of its own, and so has global`,
        received: id,
      };
    }
  }
});

/** AWS Organizations makes no break-glass role in the account that manages the organization, and no policy of it holds there. */
const notManagement = rule(program, function* ({ global, environments }) {
  for (const [name, environment] of Object.entries(environments)) {
    const id = environment?.account?.id;
    if (id === undefined || id !== global?.managementAccount) continue;
    yield {
      path: ["environments", name, "account", "id"],
      rule: "must differ from global's managementAccount: no environment runs in the account that manages the organization",
      received: id,
    };
  }
});

/** No two environments share an address. */
const networksApart = rule(program, function* ({ environments }) {
  const blocks = Object.entries(environments).flatMap(([name, environment]) =>
    environment?.network === undefined ? [] : [{ name, cidr: environment.network.cidr }],
  );
  for (const [index, { name, cidr }] of blocks.entries()) {
    for (const other of blocks.slice(0, index)) {
      if (!overlaps(cidr, other.cidr)) continue;
      yield {
        path: ["environments", name, "network", "cidr"],
        rule: `must not overlap ${other.name}'s ${other.cidr}, or the two can never be peered`,
        received: cidr,
      };
    }
  }
});

/** Images come from the repositories that this program makes. */
const imagesFromRegistry = rule(images, function* ({ global, environments }) {
  const repositories = global?.containerRepositories;
  if (repositories === undefined) return;
  for (const [name, environment] of Object.entries(environments)) {
    for (const { image: reference, path } of workloadsOf(environment)) {
      const [repository, digest = ""] = reference?.split("@") ?? [];
      if (repository === undefined || repositories.includes(repository)) continue;
      yield {
        path: ["environments", name, ...path, "image"],
        rule: `must come from one of global's containerRepositories (${repositories.join(", ")})`,
        received: reference,
        nearest: repositories.length === 0 ? undefined : `${closest(repository, repositories)}@${digest}`,
      };
    }
  }
});

const pushing = z.object({
  global: program.shape.global,
  environments: z.record(
    z.string(),
    valid(
      z.object({
        concourse: valid(z.object({ pipeline: z.object({ images: z.record(z.string(), z.unknown()) }) })),
      }),
    ),
  ),
});

/** The pipeline pushes images to repositories that there are, and nobody else pushes them. */
const onePusher = rule(pushing, function* ({ global, environments }) {
  const repositories = global?.containerRepositories;
  const pushers = Object.entries(environments).flatMap(([name, environment]) =>
    environment?.concourse === undefined ? [] : [{ name, images: environment.concourse.pipeline.images }],
  );
  for (const [index, { name, images }] of pushers.entries()) {
    const path = ["environments", name, "concourse"];
    const [first] = pushers;
    if (index > 0) {
      yield {
        path,
        rule: `must be left out: ${first?.name ?? ""} has it, whose pipeline is the only one that pushes images`,
        received: name,
      };
    }
    for (const image of Object.keys(images)) {
      if (repositories === undefined || repositories.includes(image)) continue;
      yield {
        path: [...path, "pipeline", "images", image],
        rule: `must be one of global's containerRepositories (${repositories.join(", ")})`,
        received: image,
        isName: true,
      };
    }
  }
});

const named = z.object({
  environments: z.record(
    z.string(),
    valid(
      z.looseObject({
        etls: valid(
          z.record(z.string(), valid(z.object({ namespace: valid(z.string()), renamedFrom: valid(z.string()) }))),
        ),
      }),
    ),
  ),
});

/** A service's names, of all environments, are no ETL's: pages of the runbook and addresses are called by them, and its namespace is. */
const servicesKeepTheirNames = rule(named, function* ({ environments }) {
  const taken = new Set(
    Object.values(environments)
      .flatMap(servicesOf)
      .flatMap(({ name, path }) => [name, ...path]),
  );
  for (const [environment, { etls = {} } = {}] of Object.entries(environments)) {
    for (const [etl, { namespace, renamedFrom } = {}] of Object.entries(etls)) {
      const path = ["environments", environment, "etls", etl];
      if (taken.has(etl)) yield { path, rule: NAME_TAKEN, received: etl, isName: true };
      if (renamedFrom !== undefined && taken.has(renamedFrom)) {
        yield { path: [...path, "renamedFrom"], rule: NAME_TAKEN, received: renamedFrom };
      }
      if (namespace !== undefined && taken.has(namespace)) {
        yield {
          path: [...path, "namespace"],
          rule: `must not be ${namespace}, which is a service's: a namespace of ETLs holds nothing else`,
          received: namespace,
        };
      }
    }
  }
});

/** Rules between the files. */
export const programRules: readonly Rule[] = [
  namedAfterFile,
  zoneBelowApex,
  accountsDiffer,
  notManagement,
  networksApart,
  imagesFromRegistry,
  onePusher,
  servicesKeepTheirNames,
];
