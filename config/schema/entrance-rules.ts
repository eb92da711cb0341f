import { z } from "zod";
import { entranceLabels } from "../entrance";
import { rule, valid, type Fault, type Rule } from "./rule";

const facts = z.looseObject({
  web: valid(z.object({ host: z.string() })),
  dns: valid(z.object({ healthChecks: z.record(z.string(), valid(z.object({ host: valid(z.string()) }))) })),
});

/** A host is one service's: the load balancer would hand all its requests to one of them. */
const hostsDiffer = rule(facts, function* (environment): Generator<Fault> {
  const holders = new Map(environment.web === undefined ? [] : [[environment.web.host, "web"]]);
  for (const [service, label] of Object.entries(entranceLabels(environment))) {
    const holder = holders.get(label);
    if (holder === undefined) {
      holders.set(label, service);
      continue;
    }
    yield {
      path: [service, "host"],
      rule: `must differ from ${holder}'s: a host is one service's`,
      received: label,
      nearest: holders.has(service) ? undefined : service,
    };
  }
});

/** Nobody outside reaches the entrance: a check from there would never pass. */
const hostsAreNotCheckedFromOutside = rule(facts, function* (environment): Generator<Fault> {
  const behind = new Map(Object.entries(entranceLabels(environment)).map(([service, label]) => [label, service]));
  for (const [name, check] of Object.entries(environment.dns?.healthChecks ?? {})) {
    const host = check?.host ?? (name === "web" ? undefined : name);
    const service = host === undefined ? undefined : behind.get(host);
    if (service === undefined) continue;
    yield {
      path: ["dns", "healthChecks", name, ...(check?.host === undefined ? [] : ["host"])],
      rule: `must not be ${service}'s host, which only the VPC reaches: its load balancer's own checks tell when it fails`,
      received: host,
      isName: check?.host === undefined,
    };
  }
});

/** Rules on the hosts of the services that people reach through the entrance; they read the whole environment. */
export const entranceRules: readonly Rule[] = [hostsDiffer, hostsAreNotCheckedFromOutside];
