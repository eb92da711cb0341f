/** The diagrams' folder, the folder of the systems in it, and the command that writes both; the runbook links to them. */
export const DIAGRAMS = { folder: "docs/diagrams", systems: "systems", command: "npx opsdx diagram" } as const;
