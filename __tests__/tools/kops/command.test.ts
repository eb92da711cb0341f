import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../../config/load";
import type { KopsDocument } from "../../../constructs/stage2/kops/manifest";
import { buildCli } from "../../../tools/cli";
import { kopsCommand, type KopsCommandProps } from "../../../tools/kops/command";
import { readStack } from "../../../tools/kops/synthesized";
import { findCluster, namedIds, specOf } from "../../../tools/kops/target";
import { FakeKops, script, synthesizeInto, writePayload } from "./support";
import { environmentNames } from "../../../config/files";

const config = loadConfig();
const specIn = (environment: string, cluster: string) => {
  const target = findCluster(config, environment, cluster);
  return specOf(target, namedIds(target.environment));
};

// Starting the HCL parser takes seconds on a busy machine.
jest.setTimeout(120_000);

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "kops-command-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What a run of `opsdx kops …` prints, and the message that it fails with. */
async function run(line: string, props: KopsCommandProps = {}) {
  const printed = { out: "", err: "" };
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.out += String(text);
    return true;
  });
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => {
    printed.out += `${text}\n`;
  });
  const error = jest.spyOn(console, "error").mockImplementation((text: string) => {
    printed.err += `${text}\n`;
  });
  try {
    const command = kopsCommand({
      payloadRoot: path.join(root, "kops"),
      env: { PATH: path.join(root, "bin") },
      signedIn: () => Promise.resolve(false),
      ...props,
    });
    const failure = await command.parseAsync(line.split(" "), { from: "user" }).then(
      () => undefined,
      (fault: unknown) => (fault instanceof Error ? fault.message : String(fault)),
    );
    return { out: stripVTControlCharacters(printed.out), err: printed.err, failure };
  } finally {
    for (const spy of [write, log, error]) spy.mockRestore();
  }
}

/** Leaves a payload behind as a render of the cluster would. */
const rendered = (environment: string, cluster: string, changes = {}) =>
  writePayload(path.join(root, "kops", environment, cluster), specIn(environment, cluster), changes);

describe("opsdx kops", () => {
  it("is a command of the project's command line", () => {
    expect(buildCli().commands.map((command) => command.name())).toContain("kops");
  });

  it.each(["", "manifest", "status", "render", "upgrade", "kubeconfig"])("%s --help has examples", (name) => {
    const command = kopsCommand();
    const shown = name === "" ? command : command.commands.find((candidate) => candidate.name() === name);
    let help = "";
    shown?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toMatch(/Examples?:\n {2}\S.* kops /);
  });

  it.each(["manifest", "render", "upgrade", "kubeconfig"])(
    "%s names the nearest environment and cluster",
    async (name) => {
      expect((await run(`${name} prd k8s`)).failure).toBe(
        `<env> must be one of ${environmentNames().join(", ")}, got "prd"; the nearest is "prod"`,
      );
      expect((await run(`${name} dev k8s-mltf`)).failure).toBe(
        '<cluster> must be one of k8s, k8s-ml, k8s-ml-tf, got "k8s-mltf"; the nearest is "k8s-ml-tf"',
      );
      expect((await run(`${name} prd k8s-mltf`)).failure?.split("\n")).toEqual([
        expect.stringContaining("<env> must be"),
        expect.stringContaining("<cluster> must be"),
      ]);
    },
  );
});

describe("opsdx kops manifest", () => {
  const documentsOf = (text: string) =>
    parseAllDocuments(text).map((document) => document.toJS() as KopsDocument & { spec: Record<string, never> });

  it("prints the documents of dev k8s-ml-tf", async () => {
    const { out, failure } = await run("manifest dev k8s-ml-tf --names");
    const [cluster, ...groups] = documentsOf(out);
    expect(failure).toBeUndefined();
    expect(cluster).toMatchObject({
      apiVersion: "kops.k8s.io/v1alpha2",
      kind: "Cluster",
      metadata: { name: "k8s-ml-tf.dev.opsdx.io" },
      spec: {
        kubernetesVersion: "1.36.3",
        configBase: "s3://opsdx-kops-state/k8s-ml-tf.dev.opsdx.io",
        networkCIDR: "10.0.0.0/16",
        networkID: "vpc-stage1",
        nonMasqueradeCIDR: "100.64.0.0/10",
        networking: { cilium: {} },
        containerd: { nvidiaGPU: { enabled: true } },
        kubernetesApiAccess: ["10.0.0.0/16"],
        sshAccess: [],
      },
    });
    expect(groups.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ["InstanceGroup", "control-plane-us-east-1a"],
      ["InstanceGroup", "control-plane-us-east-1c"],
      ["InstanceGroup", "control-plane-us-east-1d"],
      ["InstanceGroup", "nodes"],
      ["InstanceGroup", "serving"],
      ["InstanceGroup", "gpu"],
      ["InstanceGroup", "gpu-ondemand"],
    ]);
    expect(groups[0]?.spec).toMatchObject({ role: "Master", machineType: "t3.medium", minSize: 1, maxSize: 1 });
    expect(groups.find(({ metadata }) => metadata.name === "gpu")?.spec).toMatchObject({
      role: "Node",
      machineType: "g5.xlarge",
      minSize: 0,
      maxSize: 2,
      rootVolumeSize: 200,
      nodeLabels: { "kops.k8s.io/gpu": "1", opsdx_nodegroup: "gpu" },
      taints: ["nvidia.com/gpu:NoSchedule"],
      mixedInstancesPolicy: { instances: ["g5.xlarge", "g5.2xlarge"], onDemandBase: 0, onDemandAboveBase: 0 },
      subnets: ["us-east-1a", "us-east-1c", "us-east-1d"],
    });
  });

  it("prints ids where there are credentials", async () => {
    const { out, err } = await run("manifest dev k8s", {
      signedIn: () => Promise.resolve(true),
      idsOf: (environment) => {
        const ids = namedIds(environment);
        return Promise.resolve({ ...ids, core: { ...ids.core, vpcId: "vpc-0a1b2c3d" } });
      },
    });
    expect(documentsOf(out)[0]?.spec["networkID"]).toBe("vpc-0a1b2c3d");
    expect(err).toBe("");
  });

  it("prints names where there are none, and says so beside the manifest", async () => {
    const { out, err } = await run("manifest dev k8s");
    expect(documentsOf(out)[0]?.spec["networkID"]).toBe("vpc-stage1");
    expect(err).toBe(
      "No AWS credentials: names stand in place of the ids of stage1's VPC, subnets, security groups, key and zone. kops would refuse them.\n",
    );
  });

  it("prints names where asked, whoever is signed in", async () => {
    const { out, err } = await run("manifest dev k8s --names", { signedIn: () => Promise.resolve(true) });
    expect(documentsOf(out)[0]?.spec["networkID"]).toBe("vpc-stage1");
    expect(err).toMatch(/^--names: /);
  });
});

describe("opsdx kops status", () => {
  const rows = (out: string) =>
    out
      .split("\n")
      .filter((line) => line.startsWith("│"))
      .slice(1)
      .map((line) =>
        line
          .split("│")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );

  it("tells what is rendered, stale and missing, and what to run", async () => {
    rendered("dev", "k8s");
    rendered("dev", "k8s-ml", { manifestDigest: "another", kopsVersion: "1.35.0", intendedDifferences: 21 });
    const { out, failure } = await run("status dev");
    expect(failure).toBeUndefined();
    expect(rows(out)).toEqual([
      ["k8s", "1.36.3", "rendered", "1.36.2", "24 explained, 0 unexplained", "–"],
      [...["k8s-ml", "1.36.3", "stale", "1.35.0", "21 explained, 0 unexplained"], "npx opsdx kops render dev k8s-ml"],
      ["k8s-ml-tf", "1.36.3", "missing", "–", "–", "npx opsdx kops render dev k8s-ml-tf"],
    ]);
    expect(out).toContain("A plan that changes a launch template changes no running node");
  });

  it("names a file that is not as it was rendered, and what mends it; upgrade refuses it", async () => {
    rendered("dev", "k8s");
    writeFileSync(path.join(root, "kops/dev/k8s/script-etl"), "#!/bin");
    const { out } = await run("status dev");
    const fault = "script-etl (6 bytes) is not as it was rendered: its digest differs";
    const mend = "Get it back: git checkout -- kops/dev/k8s, or render it again: npx opsdx kops render dev k8s";
    expect(rows(out)[0]).toEqual(["k8s", "1.36.3", "damaged", "–", "–", "npx opsdx kops render dev k8s"]);
    expect(out.split("\n")).toContain(`k8s: ${fault}. ${mend}`);
    expect((await run("upgrade dev k8s")).failure).toBe(
      `the boot payload of k8s.dev.opsdx.io is damaged: ${fault}. ${mend}`,
    );
  });

  it.each([
    ["1.36.2", 'kops: 1.36.2 at "kops"'],
    ["1.34.0", 'kops: 1.34.0 at "kops"; a render needs 1.36.2'],
  ])("tells that kops %s is there", async (version, line) => {
    script(path.join(root, "bin/kops"), `echo ${version}`);
    expect((await run("status prod")).out.split("\n")[0]).toBe(line);
  });

  it("tells that there is no kops", async () => {
    expect((await run("status prod")).out.split("\n")[0]).toBe(
      'kops: not found at "kops"; a render needs 1.36.2 on the PATH or named by KOPS',
    );
  });
});

describe("opsdx kops render", () => {
  it("renders, tells each step, and what came of it", async () => {
    const kops = new FakeKops(root);
    kops.knows(specIn("dev", "k8s"));
    const { out, failure } = await run("render dev k8s", {
      env: { ...process.env, KOPS: kops.file },
      idsOf: (environment) => Promise.resolve(namedIds(environment)),
      storeOf: () => kops.store,
    });
    const lines = out.trim().split("\n");
    expect(failure).toBeUndefined();
    expect(lines.slice(0, 5).map((line) => line.replace(/^ *\d+ s {2}/, ""))).toEqual([
      `looking for edits in ${kops.store.location}`,
      "kops replace",
      "kops update cluster --target=terraform",
      "comparing kops' Terraform with this program's",
      "done",
    ]);
    expect(lines[5]).toMatch(
      /^k8s\.dev\.opsdx\.io: 87 resources .* 0 unexplained; 18 boot files in .*kops\/dev\/k8s\.$/,
    );
    expect(lines[6]).toContain("npx cdktf deploy dev-stage2");
  });

  it("asks for kops before anything else", async () => {
    const { failure, out } = await run("render dev k8s", {
      idsOf: () => Promise.reject(new Error("nobody must ask for ids")),
    });
    expect(failure).toContain('kops 1.36.2 must be on the PATH or named by KOPS, got nothing at "kops"');
    expect(out).toBe("");
  });
});

describe("opsdx kops upgrade", () => {
  const stage2 = (): KopsCommandProps => ({
    synthesize: () => {
      synthesizeInto(path.join(root, "out"), specIn("dev", "k8s"), rendered("dev", "k8s"));
      return readStack(path.join(root, "out"), "dev-stage2");
    },
  });

  it("refuses without a payload", async () => {
    expect((await run("upgrade dev k8s")).failure).toBe(
      "the boot payload of k8s.dev.opsdx.io is missing: nodes would not start. First run: npx opsdx kops render dev k8s",
    );
  });

  it("refuses a stale payload", async () => {
    rendered("dev", "k8s", { manifestDigest: "another" });
    expect((await run("upgrade dev k8s --yes")).failure).toBe(
      "the boot payload of k8s.dev.opsdx.io is stale: nodes would boot what config no longer says. First run: npx opsdx kops render dev k8s",
    );
  });

  it("prints the commands, with the addresses of the synthesized stack", async () => {
    rendered("dev", "k8s");
    const { out, failure } = await run("upgrade dev k8s", stage2());
    expect(failure).toBeUndefined();
    expect(out.split("\n").filter((line) => line.startsWith("# "))).toEqual([
      "# 1. Get the stack ready.",
      expect.stringMatching(
        /^# 2\. Apply all of k8s\.dev\.opsdx\.io but its node groups and their boot files \(\d+ targets\)\.$/,
      ),
      "# 3. Replace the control planes, one after the other.",
      "# 4. Apply the rest of dev-stage2.",
      "# 5. Replace the nodes, group by group, drained first.",
    ]);
    expect(out).toMatch(/\n {2}-target=aws_autoscaling_group\.K8s_GroupControlPlaneUsEast1a_[0-9A-F]{8} \\\n/);
    expect(out).not.toContain("GroupEtl");
  });

  it("asks for kops before it changes anything", async () => {
    rendered("dev", "k8s");
    const { failure } = await run("upgrade dev k8s --yes", {
      synthesize: () => {
        throw new Error("nothing must be synthesized");
      },
    });
    expect(failure).toContain('kops 1.36.2 must be on the PATH or named by KOPS, got nothing at "kops"');
  });
});

describe("opsdx kops kubeconfig", () => {
  it("prints a kubeconfig that asks the AWS CLI for a token, and holds no secret", async () => {
    rendered("dev", "k8s");
    const { out } = await run("kubeconfig dev k8s");
    const name = "k8s.dev.opsdx.io";
    expect(parse(out)).toMatchObject({
      "current-context": name,
      clusters: [{ cluster: { server: `https://api.${name}`, "certificate-authority-data": "LS0tLS1CRUdJTg==" } }],
      users: [
        {
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: "aws",
              args: ["eks", "get-token", "--cluster-name", name, "--region", "us-east-1", "--output", "json"],
            },
          },
        },
      ],
    });
  });

  it("needs the payload for the CA's certificate", async () => {
    expect((await run("kubeconfig dev k8s-ml")).failure).toBe(
      "k8s-ml.dev.opsdx.io has no boot payload, which holds the certificate of its CA. Run: npx opsdx kops render dev k8s-ml",
    );
  });
});
