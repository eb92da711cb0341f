import type { LoadConfig, LoadProfileName } from "../../../config/schema/load";

/** What a run does, as load/locustfile.py reads it. */
export interface LoadPlan {
  /** Its profile. */
  readonly profile: string;
  /** Address that is asked. */
  readonly host: string;
  /** Header of the key. */
  readonly keyHeader: string;
  /** Shortest and longest pause between two requests of a user. */
  readonly thinkSeconds: readonly [number, number];
  /** Seconds after which a request has failed. */
  readonly timeoutSeconds: number;
  /** What is asked. */
  readonly requests: readonly {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly share: number;
  }[];
  /** Users, by time. */
  readonly stages: readonly { readonly users: number; readonly seconds: number; readonly spawnPerSecond: number }[];
  /** Users that there never are more of. */
  readonly maxUsers: number;
  /** Seconds after which it ends. */
  readonly maxSeconds: number;
  /** Requests after which it ends. */
  readonly maxRequests: number;
}

/** Profiles of an environment, in their order. */
export function profilesOf({ profiles }: Pick<LoadConfig, "profiles">): readonly LoadProfileName[] {
  return Object.keys(profiles).filter(
    (name) => profiles[name as LoadProfileName] !== undefined,
  ) as readonly LoadProfileName[];
}

/**
 * The plan of a profile; undefined when the environment has no such profile.
 * @param host - address of the service, `https://…`
 */
export function loadPlan(config: LoadConfig, profile: LoadProfileName, host: string): LoadPlan | undefined {
  const settings = config.profiles[profile];
  if (settings === undefined) return undefined;
  const { keyHeader, maximum, requests, thinkSeconds, timeoutSeconds } = config;
  return {
    profile,
    host,
    keyHeader,
    thinkSeconds: [thinkSeconds.min, thinkSeconds.max],
    timeoutSeconds,
    requests: Object.entries(requests).map(([name, { body = "", method, path, share }]) => ({
      name,
      method,
      path,
      body,
      share,
    })),
    stages: settings.stages.map(({ perSecond, seconds, users }) => ({ users, seconds, spawnPerSecond: perSecond })),
    maxUsers: maximum.users,
    maxSeconds: maximum.minutes * 60,
    maxRequests: maximum.requests,
  };
}
