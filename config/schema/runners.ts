import { z } from "zod";
import { owner } from "./primitives";

/** CI's runners inside the VPC: jobs that need a cluster's API. */
export const runnersSchema = z.strictObject({
  /** Who answers for them. */
  owner,
  /**
   * The connection to GitHub: `pending` until a person has shaken hands on it in the console, and CodeBuild is told of no job; `available`
   * from then on.
   */
  connection: z.enum(["pending", "available"]),
  /** Jobs that run at a time. */
  atATime: z.int().min(1).max(20),
  /** Minutes that a job may take. */
  minutes: z.int().min(5).max(480),
});

/** Validated settings of the runners. */
export type RunnersConfig = z.output<typeof runnersSchema>;
