import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KopsCluster } from "../../../../constructs/stage2/kops/cluster";
import {
  fileDigest,
  manifestDigest,
  PAYLOAD_INDEX,
  payloadIndex,
  readPayload,
  type BootPayload,
} from "../../../../constructs/stage2/kops/payload";
import { instanceGroups, type KopsClusterSpec } from "../../../../constructs/stage2/kops/spec";
import { synth } from "../../../support";
import { REFERENCE_CONFIG, specOf } from "./support";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "payload-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a payload such as a render leaves behind. */
function writePayload(spec: KopsClusterSpec, changes: Partial<BootPayload> = {}): void {
  for (const { name } of instanceGroups(spec)) writeFileSync(path.join(folder, name), `#!/bin/bash\n# ${name}`);
  writeFileSync(path.join(folder, "nodeupconfig"), "kind: NodeupConfig");
  const index: Omit<BootPayload, "folder"> = {
    kopsVersion: "1.36.2",
    manifestDigest: manifestDigest(spec),
    intendedDifferences: 24,
    certificateAuthority: "Y2E=",
    userData: Object.fromEntries(instanceGroups(spec).map(({ name }) => [name, name])),
    objects: [
      {
        bucket: "opsdx-kops-state",
        key: "k8s.dev.opsdx.io/igconfig/node/etl/nodeupconfig.yaml",
        file: "nodeupconfig",
      },
    ],
    digests: Object.fromEntries(
      [...instanceGroups(spec).map(({ name }) => name), "nodeupconfig"].map((name) => [
        name,
        fileDigest(path.join(folder, name)),
      ]),
    ),
    ...changes,
  };
  writeFileSync(path.join(folder, PAYLOAD_INDEX), JSON.stringify(index));
}

describe("the digest", () => {
  it("is the same whatever ids AWS gave", () => {
    const { subnets, ...spec } = specOf();
    const elsewhere = {
      ...spec,
      subnets: { ...subnets, node: { ...subnets.node, "us-east-1a": { id: "subnet-1", cidr: "10.0.32.0/19" } } },
      vpc: { id: "vpc-1", cidr: spec.vpc.cidr },
      dnsZone: { id: "Z1", name: spec.dnsZone.name },
      volumeKeyArn: "arn:aws:kms:us-east-1:123456789012:key/other",
    };
    expect(manifestDigest(elsewhere)).toBe(manifestDigest({ ...spec, subnets }));
  });

  it.each([
    [
      "a size",
      specOf({ ...REFERENCE_CONFIG, nodeGroups: { nodes: { machineType: "t3.large", minSize: 1, maxSize: 2 } } }),
    ],
    ["the version", specOf({ ...REFERENCE_CONFIG, kubernetesVersion: "1.36.0" })],
    ["the network", specOf(REFERENCE_CONFIG, { vpc: { id: "vpc-4ca306dca3cd998dc", cidr: "10.16.0.0/16" } })],
  ])("changes with %s", (_, changed) => {
    expect(manifestDigest(changed)).not.toBe(manifestDigest(specOf()));
  });
});

describe("a payload", () => {
  it("is missing where nothing was rendered", () => {
    expect(readPayload(folder, specOf())).toEqual({ state: "missing" });
    expect(payloadIndex(folder)).toBeUndefined();
  });

  it("is current for the cluster that it was rendered for", () => {
    writePayload(specOf());
    expect(readPayload(folder, specOf())).toMatchObject({ state: "current", payload: { folder } });
  });

  it("is stale for any other, and says from what", () => {
    writePayload(specOf());
    const changed = specOf({ ...REFERENCE_CONFIG, kubernetesVersion: "1.36.0" });
    expect(readPayload(folder, changed)).toEqual({
      state: "stale",
      payload: payloadIndex(folder),
      renderedFrom: manifestDigest(specOf()),
      manifest: manifestDigest(changed),
    });
  });

  it.each([
    ["is no JSON", "<<<<<<< HEAD", "must be JSON"],
    ["lacks a part", "{}", "kopsVersion"],
  ])("whose index %s is refused with its file's name", (_, text, fault) => {
    writeFileSync(path.join(folder, PAYLOAD_INDEX), text);
    expect(() => payloadIndex(folder)).toThrow(path.join(folder, PAYLOAD_INDEX));
    expect(() => payloadIndex(folder)).toThrow(fault);
    expect(readPayload(folder, specOf())).toEqual({ state: "damaged", faults: [expect.stringContaining(fault)] });
  });

  it("is damaged when a file is cut, changed or gone, and names each", () => {
    writePayload(specOf());
    writeFileSync(path.join(folder, "etl"), "#!/bin/ba");
    writeFileSync(path.join(folder, "nodeupconfig"), "kind: NodeupConfiG");
    rmSync(path.join(folder, "nodes"));
    expect(readPayload(folder, specOf())).toEqual({
      state: "damaged",
      faults: [
        "nodes is missing",
        "etl (9 bytes) is not as it was rendered: its digest differs",
        "nodeupconfig (18 bytes) is not as it was rendered: its digest differs",
      ],
    });
  });

  it("becomes boot scripts and objects of the state store", () => {
    const spec = specOf();
    writePayload(spec);
    const payload = payloadIndex(folder);
    if (payload === undefined) throw new Error("there must be a payload");
    const stack = synth((scope) => {
      new KopsCluster(scope, "K8s", { spec, boot: { payload } });
    });
    const etl = stack.one("aws_launch_template", { name: "etl.k8s.dev.opsdx.io" });
    expect(Buffer.from(String(etl.body["user_data"]), "base64").toString()).toBe("#!/bin/bash\n# etl");
    const [object] = stack.ofType("aws_s3_object");
    expect(object?.body).toMatchObject({
      bucket: "opsdx-kops-state",
      key: "k8s.dev.opsdx.io/igconfig/node/etl/nodeupconfig.yaml",
    });
    expect(object?.body["source_hash"]).toBe(`\${filesha256("${String(object?.body["source"])}")}`);
  });

  it("must hold every instance group", () => {
    const spec = specOf();
    writePayload(spec, { userData: { nodes: "nodes" } });
    const payload = payloadIndex(folder);
    if (payload === undefined) throw new Error("there must be a payload");
    const build = () =>
      synth((scope) => {
        new KopsCluster(scope, "K8s", { spec, boot: { payload } });
      });
    expect(build).toThrow(
      "test/K8s: the payload must hold every instance group, got none for control-plane-us-east-1a",
    );
  });

  it("of another configuration is declared as it is where Terraform refuses each group, whatever group it lacks", () => {
    const spec = specOf();
    writePayload(spec, { userData: { etl: "etl" } });
    const payload = payloadIndex(folder);
    if (payload === undefined) throw new Error("there must be a payload");
    const stack = synth((scope) => {
      new KopsCluster(scope, "K8s", { spec, boot: { payload, refusal: "stale" } });
    });
    const template = (group: string) => stack.one("aws_launch_template", { name: `${group}.k8s.dev.opsdx.io` }).body;
    expect(template("etl")["user_data"]).not.toBe("");
    expect(template("nodes")["user_data"]).toBe("");
    const messages = stack.ofType("aws_launch_template").map(({ body }) => JSON.stringify(body["lifecycle"]));
    expect(messages.filter((text) => text.includes('"error_message":"stale"'))).toHaveLength(messages.length);
    expect(stack.ofType("aws_s3_object")).not.toEqual([]);
  });
});
