import { z } from "zod";
import { owner } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { parseWindow, weeklyWindow } from "./time";
import { clashes, loadObstacle, loadWindowSchema } from "./windows";

/** A patch window of Systems Manager: it counts whole hours. */
const patchWindow = weeklyWindow.refine(
  (text) => parseWindow(text).minutes % 60 === 0,
  "must be whole hours long, as Systems Manager counts them",
);

/** The machines on which people work inside the VPC. */
export const controllersSchema = z.strictObject({
  /** Who answers for them. */
  owner,
  /** EC2 instance type, of arm64 as the tools are: Graviton. */
  instanceType: z
    .string()
    .regex(
      /^(t4g|[cmr][678]g[dn]?)\.[a-z0-9]+$/,
      "must be a Graviton type such as t4g.medium: the tools are for arm64",
    ),
  /** GiB of the root volume. */
  rootVolumeGib: z.int().min(20).max(500),
  /** When patches are put in and the machine may restart: UTC, `ddd:hh:mm-ddd:hh:mm`, whole hours, outside of the load window. */
  maintenanceWindow: patchWindow,
});

/** A restart in the load would end the work of whoever looks after it. */
const apartFromLoad = rule(
  z.object({
    controllers: z.object({ maintenanceWindow: patchWindow }),
    loadWindow: valid(loadWindowSchema.strip()),
  }),
  function* ({ controllers: { maintenanceWindow }, loadWindow }) {
    if (loadWindow === undefined) return;
    yield* clashes(["controllers", "maintenanceWindow"], maintenanceWindow, [loadObstacle(loadWindow)]);
  },
);

/** Rules between the controllers' settings and the rest. */
export const controllersRules: readonly Rule[] = [apartFromLoad];

/** Validated settings of the controllers. */
export type ControllersConfig = z.output<typeof controllersSchema>;
