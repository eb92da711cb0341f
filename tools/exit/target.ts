/** What the program would stand on after cdktf, and what else is next: the one place that says so (docs/decisions/0033-exit-rehearsed.md). */
export const EXIT_TARGET = {
  /** Packages as package.json would name them: cdktn under cdktf's name, and the version of constructs that it asks for. */
  packages: { cdktf: "npm:cdktn@0.24.0", constructs: "10.6.0" } as Readonly<Record<string, string>>,
  /** Packages that go: the CLI asks for the core that it was made with. What the program takes of it, `@cdktf/hcl2json`, stays. */
  dropped: ["cdktf-cli"] as readonly string[],
  /** The version that cdktn writes into what it synthesizes. */
  version: "0.24.0",
  /** The AWS provider that comes after the one that planned this program. */
  awsProvider: ">= 6.0.0, < 7.0.0",
} as const;

/** What a package.json holds, as far as it is changed. */
export interface PackageJson {
  /** By name. @default - none */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** By name. @default - none */
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A package.json after the exit. */
export function packageAfterExit<T extends PackageJson>(before: T): T {
  const after = (packages: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(packages).flatMap(([name, version]) =>
        EXIT_TARGET.dropped.includes(name) ? [] : [[name, EXIT_TARGET.packages[name] ?? version]],
      ),
    );
  return { ...before, dependencies: after(before.dependencies), devDependencies: after(before.devDependencies) };
}
