import { z } from "zod";

/** Services that people reach through an environment's entrance, each when the environment has it. */
export const ENTRANCE_SERVICES = ["concourse", "grafana", "locust", "redash"] as const;
/** A service that people reach through the entrance. */
export type EntranceService = (typeof ENTRANCE_SERVICES)[number];

/** Cluster whose general group runs the services behind the entrance. */
export const SERVICES_CLUSTER = "k8s";

const settings = z.object({ host: z.string().optional().catch(undefined) });

/**
 * Labels of the hosts of an environment's entrance, by service: what its settings say, or the service's own name. Settings that are wrong
 * in part are read in part.
 */
export function entranceLabels(environment: object): Readonly<Partial<Record<EntranceService, string>>> {
  return Object.fromEntries(
    ENTRANCE_SERVICES.flatMap((service) => {
      const found = settings.safeParse((environment as Record<string, unknown>)[service]);
      return found.success ? [[service, found.data.host ?? service]] : [];
    }),
  );
}

/** Hosts of an environment's entrance by their full names, by service; none for a service that the environment doesn't have. */
export function entranceHosts(environment: {
  readonly dns: { readonly zone: string };
}): Readonly<Partial<Record<EntranceService, string>>> {
  return Object.fromEntries(
    Object.entries(entranceLabels(environment)).map(([service, label]) => [
      service,
      `${label}.${environment.dns.zone}`,
    ]),
  );
}
