import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readPayload } from "../../../constructs/stage2/kops/payload";
import type { KopsClusterSpec } from "../../../constructs/stage2/kops/spec";
import { findKops } from "../../../tools/kops/binary";
import { renderPayload } from "../../../tools/kops/render";
import { recoverFolder } from "../../../tools/kops/payload-folder";
import { Children, InterruptedError } from "../../../tools/terraform/children";
import { REFERENCE_CONFIG, specOf } from "../../constructs/stage2/kops/support";
import { AUTHORITY, FakeKops } from "./support";

const REFERENCE = path.join(__dirname, "../../data/kops-k8s-dev");

// Starting the HCL parser takes seconds on a busy machine.
jest.setTimeout(120_000);

/** A process that there is not: no system has so high a number. */
const NOBODY = 2 ** 22 + 1;

let root: string;
let kops: FakeKops;
let folder: string;

function start(): void {
  root = mkdtempSync(path.join(tmpdir(), "kops-render-"));
  kops = new FakeKops(root);
  folder = path.join(root, "payloads/dev/k8s");
}

/** A finished render, to go on from. */
let finished: string;
beforeAll(async () => {
  start();
  kops.knows(specOf());
  await render(specOf());
  finished = root;
});
afterAll(() => rmSync(finished, { recursive: true }));

/** Goes on from a finished render. */
function rendered(): void {
  for (const part of ["store", "payloads", "terraform"]) {
    cpSync(path.join(finished, part), path.join(root, part), { recursive: true });
  }
}

beforeEach(start);
afterEach(() => rmSync(root, { recursive: true }));

/** Renders with the fake kops; returns what it did and the steps it told. */
async function render(spec: KopsClusterSpec, { force = false } = {}) {
  const steps: string[] = [];
  const binary = await findKops({ ...process.env, KOPS: kops.file });
  const result = await renderPayload({
    kops: binary,
    children: new Children(),
    spec,
    store: kops.store,
    folder,
    force,
    progress: (step) => steps.push(step),
  });
  return { result, steps };
}

/** The error of a render that must fail. */
async function refusal(spec: KopsClusterSpec): Promise<string> {
  return render(spec).then(
    () => "nothing was refused",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** Every file below a folder with its text. */
const contents = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(directory, file), readFileSync(file, "utf8")]),
  );

/** The cluster without a group, or with another version. */
const withoutWeb = specOf({
  ...REFERENCE_CONFIG,
  nodeGroups: Object.fromEntries(Object.entries(REFERENCE_CONFIG.nodeGroups).filter(([name]) => name !== "web")),
});

describe("a render", () => {
  it("tells kops the manifest, checks parity, and keeps what nodes boot from", async () => {
    const spec = specOf();
    kops.knows(spec);
    const { result, steps } = await render(spec);
    expect(result).toMatchObject({ resources: 83, files: 6 + 8 });
    expect(steps).toEqual([
      `looking for edits in ${kops.store.location}`,
      "kops replace",
      "kops update cluster --target=terraform",
      "comparing kops' Terraform with this program's",
    ]);
    const state = readPayload(folder, spec);
    expect(state).toMatchObject({
      state: "current",
      payload: {
        kopsVersion: "1.36.2",
        certificateAuthority: AUTHORITY,
        userData: { etl: expect.any(String) as string },
      },
    });
    expect(contents(folder)["files/aws_launch_template_etl.k8s.dev.opsdx.io_user_data"]).toBe("#!/bin/bash\n# etl\n");
    expect(readdirSync(path.dirname(folder))).toEqual(["k8s"]);
  });

  it("lets no running cluster and no kubeconfig of the person's decide what it renders", async () => {
    kops.knows(specOf());
    await render(specOf());
    const state = "--state s3://opsdx-kops-state";
    expect(kops.calls()).toEqual([
      "version --short",
      expect.stringMatching(new RegExp(`^replace --force -f \\S+/manifest.yaml ${state}$`)),
      expect.stringMatching(
        new RegExp(
          `^update cluster --name k8s.dev.opsdx.io --target=terraform --out=\\S+ ${state} --ignore-kubelet-version-skew$`,
        ),
      ),
    ]);
  });

  it("gives the same files again, and puts them in the old ones' place", async () => {
    rmSync(folder, { recursive: true, force: true });
    await kops.store.write({});
    kops.knows(specOf());
    await render(specOf());
    const [before, stored] = [contents(folder), await kops.store.read()];
    expect(stored["config"]).toContain("  masterPublicName: api.k8s.dev.opsdx.io\n");
    writeFileSync(path.join(folder, "left-over"), "");
    await render(specOf());
    // kops dates the cluster anew, and names its API no more.
    expect((await kops.store.read())["config"]).not.toContain("masterPublicName");
    expect((await kops.store.read())["config"]).not.toBe(stored["config"]);
    expect(contents(folder)).toEqual(before);
    expect(Object.values(before).filter((text) => text.includes("creationTimestamp"))).toHaveLength(1);
    await render(specOf());
    expect(contents(folder)).toEqual(before);
  });

  it("takes a group out of the state store that config no longer has", async () => {
    rendered();
    expect(Object.keys(await kops.store.read())).toContain("instancegroup/web");
    kops.knows(withoutWeb);
    await render(withoutWeb);
    expect(Object.keys(await kops.store.read())).not.toContain("instancegroup/web");
    expect(readPayload(folder, withoutWeb).state).toBe("current");
  });
});

describe("an edit in the state store", () => {
  const file = () => path.join(kops.store.location, "instancegroup/nodes");
  beforeEach(() => {
    rendered();
    writeFileSync(file(), readFileSync(file(), "utf8").replace("maxSize: 8", "maxSize: 9"));
  });

  it("is refused, shown value by value, and stays", async () => {
    const [stored, payload, calls] = [await kops.store.read(), contents(folder), kops.calls().length];
    expect((await refusal(specOf())).split("\n").slice(0, 2)).toEqual([
      "k8s.dev.opsdx.io was edited in the state store since the last render here; a render would undo it:",
      "  instancegroup/nodes spec.maxSize: 8 at the last render, 9 now",
    ]);
    expect(await kops.store.read()).toEqual(stored);
    expect(contents(folder)).toEqual(payload);
    expect(kops.calls().slice(calls)).toEqual(["version --short"]);
  });

  it("goes when forced", async () => {
    await render(specOf(), { force: true });
    expect(readFileSync(file(), "utf8")).toContain("maxSize: 8");
  });

  it("is not what kops' own dates and counters are", async () => {
    const dates = 'metadata:\n  creationTimestamp: "2026-11-23T11:51:01Z"\n  generation: 3\n';
    const text = readFileSync(file(), "utf8").replace("maxSize: 9", "maxSize: 8").replace("metadata:\n", dates);
    writeFileSync(file(), text);
    await expect(render(specOf())).resolves.toBeDefined();
  });
});

it("a description of the last render that is cut tells of no edits: the render is refused, unless forced", async () => {
  rendered();
  const file = path.join(folder, "state-store.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.slice(0, text.length / 2));
  expect(await refusal(specOf())).toBe(
    `${file} is not as the last render wrote it, so nobody can tell whether the state store was edited since. ` +
      `Get it back: git checkout -- ${file}, or render with --force to replace what the state store has`,
  );
  await render(specOf(), { force: true });
  expect(readFileSync(file, "utf8")).toBe(text);
});

it("a cluster that kops knows and nobody rendered here is refused", async () => {
  rendered();
  rmSync(folder, { recursive: true });
  expect(await refusal(specOf())).toBe(
    "kops knows k8s.dev.opsdx.io already, but there is no payload of it here: it was rendered in another checkout, or made by hand. " +
      "Get the payload from there, or render with --force to replace what the state store has.",
  );
  expect(existsSync(folder)).toBe(false);
});

describe("a render that was killed", () => {
  const journal = () => path.join(path.dirname(folder), ".unfinished-k8s.json");
  const group = () => path.join(kops.store.location, "instancegroup/web");
  const killed = async (processes: readonly number[]) => {
    rendered();
    const before = await kops.store.read();
    writeFileSync(journal(), JSON.stringify({ processes, before }));
    rmSync(group());
    return before;
  };

  it("is put right by the next, which tells what it puts back", async () => {
    const before = await killed([NOBODY]);
    const { steps } = await render(specOf());
    expect(steps.slice(1, 3)).toEqual([
      `the last render was cut off: putting ${kops.store.location} back as it was before it:`,
      expect.stringMatching(/^ {2}instancegroup\/web \S+: .* at the last render, nothing now$/),
    ]);
    expect(steps.at(-1)).toBe("comparing kops' Terraform with this program's");
    expect(Object.keys(await kops.store.read())).toEqual(Object.keys(before));
    expect(existsSync(journal())).toBe(false);
  });

  it("is waited for while it runs", async () => {
    await killed([NOBODY, process.pid]);
    expect(await refusal(specOf())).toMatch(
      new RegExp(`^another render into ${folder} still runs: process ${process.pid}\\. Wait for it, or stop it`),
    );
    expect(existsSync(group())).toBe(false);
  });

  it("while it put its folder in place leaves a whole one, and another's is left alone", () => {
    rendered();
    const parent = path.dirname(folder);
    cpSync(folder, path.join(parent, `.render-k8s-${NOBODY}-abcdef/old`), { recursive: true });
    cpSync(folder, path.join(parent, `.render-k8s-${NOBODY}-abcdef/new`), { recursive: true });
    cpSync(folder, path.join(parent, `.render-k8s-ml-${NOBODY}-abcdef/old`), { recursive: true });
    cpSync(folder, path.join(parent, `.render-k8s-${process.pid}-abcdef/new`), { recursive: true });
    rmSync(folder, { recursive: true });
    recoverFolder(folder);
    expect(readPayload(folder, specOf()).state).toBe("current");
    expect(readdirSync(parent).sort()).toEqual([
      `.render-k8s-${process.pid}-abcdef`,
      `.render-k8s-ml-${NOBODY}-abcdef`,
      "k8s",
    ]);
  });
});

it("after an interrupt nothing is put in place", async () => {
  rendered();
  const [stored, payload] = [await kops.store.read(), contents(folder)];
  const children = new Children();
  kops.knows(withoutWeb);
  const steps: string[] = [];
  const run = renderPayload({
    kops: await findKops({ ...process.env, KOPS: kops.file }),
    children,
    spec: withoutWeb,
    store: kops.store,
    folder,
    force: false,
    progress: (step) => {
      steps.push(step);
      if (step.startsWith("comparing")) children.interrupt();
    },
  });
  await expect(run).rejects.toThrow(InterruptedError);
  expect(steps.at(-1)).toBe(`putting ${kops.store.location} back`);
  expect(await kops.store.read()).toEqual(stored);
  expect(contents(folder)).toEqual(payload);
});

describe.each([
  ["when nothing was rendered before", false],
  ["when there is a payload", true],
])("%s", (_, goesOn) => {
  let before: { readonly stored: Record<string, string>; readonly payload: Record<string, string> };
  beforeEach(async () => {
    if (goesOn) rendered();
    before = { stored: { ...(await kops.store.read()) }, payload: goesOn ? contents(folder) : {} };
  });
  afterEach(async () => {
    // Whatever went wrong: both sides are as they were.
    expect(await kops.store.read()).toEqual(before.stored);
    expect(existsSync(folder) ? contents(folder) : {}).toEqual(before.payload);
  });

  it("a manifest that kops refuses changes nothing", async () => {
    kops.answering({ failAt: "replace" });
    expect(await refusal(withoutWeb)).toBe("kops replace --force failed:\nError: kops says no");
  });

  it("an update that fails changes nothing", async () => {
    kops.knows(withoutWeb);
    kops.answering({ failAt: "update" });
    expect(await refusal(withoutWeb)).toBe("kops update cluster failed:\nError: kops says no");
  });

  it("a difference without a reason changes nothing, and is named with both values", async () => {
    kops.answersWith(REFERENCE);
    const larger = { ...withoutWeb.config, etcd: { ...withoutWeb.config.etcd, volumeGib: 30 } };
    const lines = (await refusal({ ...withoutWeb, config: larger })).split("\n");
    expect(lines[0]).toMatch(/^kops' Terraform and this program's differ in \d+ places without a reason:$/);
    expect(lines).toContain('  aws_autoscaling_group["web.k8s.dev.opsdx.io"]: only in kops\' Terraform');
    expect(lines).toContain('  aws_ebs_volume["a.etcd-main.k8s.dev.opsdx.io"]: size: kops has "20", this program "30"');
  });

  it("output without the cluster's certificate changes nothing", async () => {
    kops.knows(withoutWeb);
    kops.answering({ authority: "" });
    expect(await refusal(withoutWeb)).toBe(
      "kops must export the certificate authority of k8s.dev.opsdx.io, got a kubeconfig without it",
    );
  });

  it.each([
    ["an empty file", "aws_s3_object_1_content", "", "it is empty"],
    ["a cut list of keys", "aws_s3_object_6_content", '{"keys": [', "it is no JSON: "],
    ["a broken document", "aws_s3_object_1_content", "kind: [", "it is no YAML: "],
    ["no script", "aws_launch_template_etl.k8s.dev.opsdx.io_user_data", "kind: Script\n", "it is no script"],
  ])("output with %s changes nothing, and names it", async (_what, file, text, fault) => {
    kops.knows(withoutWeb);
    writeFileSync(path.join(root, "terraform/data", file), text);
    expect(await refusal(withoutWeb)).toContain(`kops must write a whole data/${file}: ${fault}`);
  });

  it.each([
    ["is cut", (text: string) => text.slice(0, text.length / 2), "kops must write a whole kubernetes.tf: "],
    ["is empty", () => "", "kops must write resources into kubernetes.tf, got none"],
  ])("Terraform that %s changes nothing", async (_what, change, message) => {
    kops.knows(withoutWeb);
    const file = path.join(root, "terraform/kubernetes.tf");
    writeFileSync(file, change(readFileSync(file, "utf8")));
    expect(await refusal(withoutWeb)).toContain(message);
  });

  it("output without a boot script changes nothing", async () => {
    kops.knows(withoutWeb);
    rmSync(path.join(root, "terraform/data/aws_launch_template_etl.k8s.dev.opsdx.io_user_data"));
    expect(await refusal(withoutWeb)).toBe(
      "kops must write data/aws_launch_template_etl.k8s.dev.opsdx.io_user_data, got no such file",
    );
  });
});
