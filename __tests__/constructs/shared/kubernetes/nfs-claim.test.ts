import path from "node:path";
import { NfsClaim, type NfsClaimProps } from "../../../../constructs/shared/kubernetes/nfs-claim";
import { synth } from "../../../support";
import { platformIn } from "../../stage3/platform";

const namespace = { name: "serving", ready: [] };
const claims: NfsClaim[] = [];
const stack = synth((scope) => {
  const platform = platformIn(scope);
  claims.push(
    new NfsClaim(scope, "Models", { platform, cluster: "k8s-ml-tf", namespace, use: "models", readOnly: true }),
    new NfsClaim(scope, "Train", { platform, cluster: "k8s-ml-tf", namespace, use: "models" }),
    new NfsClaim(scope, "Shared", { platform, namespace: { name: "etl", ready: [] }, use: "shared" }),
  );
});
const volumes = stack
  .ofType("kubernetes_persistent_volume_v1")
  .map(({ body }) => body as { readonly spec: readonly Readonly<Record<string, unknown>>[] })
  .flatMap(({ spec }) => spec);
const handles = volumes.map(
  ({ persistent_volume_source: source }) => (source as { csi: { volume_handle: string } }).csi.volume_handle,
);

/** What the driver makes of a handle: pkg/driver/node.go, parseVolumeId. */
const parsed = (handle: string) => {
  const [fileSystem = "", folder = "", accessPoint = ""] = handle.split(":");
  return { fileSystem, folder: path.posix.normalize(folder), accessPoint };
};

describe("NfsClaim", () => {
  it("goes through the access point of its use, to its root", () => {
    expect(handles.map(parsed)).toEqual([
      { fileSystem: "fs-0123456789abcdef0", folder: "/", accessPoint: "fsap-0123456789abcdef1" },
      { fileSystem: "fs-0123456789abcdef0", folder: "/", accessPoint: "fsap-0123456789abcdef1" },
      { fileSystem: "fs-0123456789abcdef0", folder: "/", accessPoint: "fsap-0123456789abcdef3" },
    ]);
  });

  it("has a handle that no other volume has", () => {
    expect(new Set(handles).size).toBe(handles.length);
  });

  it("says who it is, and mounts for reading where nothing is written", () => {
    expect(volumes.map(({ mount_options: options }) => options)).toEqual([["iam", "ro"], ["iam"], ["iam"]]);
  });

  it("is for one claim of one namespace, and stays when that goes", () => {
    expect(volumes.map(({ claim_ref: claim }) => claim)).toEqual([
      { name: "nfs-models-read-only", namespace: "serving" },
      { name: "nfs-models", namespace: "serving" },
      { name: "nfs-shared", namespace: "etl" },
    ]);
    for (const volume of volumes) {
      expect(volume).toMatchObject({ access_modes: ["ReadWriteMany"], persistent_volume_reclaim_policy: "Retain" });
    }
    expect(claims.map(({ claimName, gid }) => [claimName, gid])).toEqual([
      ["nfs-models-read-only", "20001"],
      ["nfs-models", "20001"],
      ["nfs-shared", "20003"],
    ]);
  });

  it.each<[string, Partial<NfsClaimProps> & { readonly without?: "nfs" | "nfsDrivers" }, string]>([
    ["no file system", { without: "nfs" }, "test/Claim: platform.nfs must be the shared file system, got none (nfs)"],
    ["no driver", { without: "nfsDrivers" }, "test/Claim: platform.nfsDrivers must hold k8s, got none"],
    [
      "an unknown use",
      { use: "model" as "models" },
      'test/Claim: use must be one of models, task-graphs, shared, got "model"',
    ],
    [
      "a use that its cluster does not have",
      {},
      'test/Claim: use must be one whose clusters hold k8s (config/nfs-uses.ts), got "models": the file system would refuse its pods',
    ],
  ])("is refused with %s", (_, { without, ...props }, message) => {
    const make = () =>
      synth((scope) => {
        const platform = platformIn(scope);
        const rest = without === undefined ? {} : { [without]: without === "nfs" ? undefined : {} };
        const { clusters, nfs, nfsDrivers } = platform;
        new NfsClaim(scope, "Claim", {
          platform: { clusters, nfs, nfsDrivers, ...rest },
          namespace,
          use: "models",
          ...props,
        });
      });
    expect(make).toThrow(message);
  });
});
