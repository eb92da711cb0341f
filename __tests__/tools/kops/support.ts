import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { App } from "../../../constructs/shared/cdktf";
import { KopsCluster } from "../../../constructs/stage2/kops/cluster";
import {
  fileDigest,
  manifestDigest,
  PAYLOAD_INDEX,
  payloadIndex,
  type BootPayload,
} from "../../../constructs/stage2/kops/payload";
import { instanceGroups, type KopsClusterSpec } from "../../../constructs/stage2/kops/spec";
import { BaseStack } from "../../../stacks/base-stack";
import type { StateStore, StoredCluster } from "../../../tools/kops/state-store";
import { resourcesOf, synthCluster } from "../../constructs/stage2/kops/support";

/** Certificate authority that the fake kops exports. */
export const AUTHORITY = "LS0tLS1CRUdJTg==";

/** Writes an executable shell script. */
export function script(file: string, ...lines: readonly string[]): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(file, 0o755);
  return file;
}

/** A state store in a folder, which the fake kops shares. */
export class FolderStore implements StateStore {
  public constructor(public readonly location: string) {
    mkdirSync(path.join(location, "instancegroup"), { recursive: true });
  }

  public read(): Promise<StoredCluster> {
    const keys = readdirSync(this.location, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.location, path.join(entry.parentPath, entry.name)))
      .sort();
    return Promise.resolve(
      Object.fromEntries(keys.map((key) => [key, readFileSync(path.join(this.location, key), "utf8")])),
    );
  }

  public async write(cluster: StoredCluster): Promise<void> {
    for (const key of Object.keys(await this.read())) rmSync(path.join(this.location, key));
    for (const [key, text] of Object.entries(cluster)) writeFileSync(path.join(this.location, key), text);
  }
}

/** File of kops' output that holds the whole cluster, with its date. */
const COMPLETED = "aws_s3_object_0_content";

/** A kops that keeps documents in a folder, and answers `update cluster` with Terraform prepared beforehand. */
export class FakeKops {
  public readonly store: FolderStore;
  public readonly file: string;
  /** Written while it waits: its process. */
  public readonly waiting: string;
  /** The file that it waits for. */
  public readonly mayEnd: string;
  private readonly log: string;
  private readonly terraform: string;

  public constructor(private readonly root: string) {
    this.store = new FolderStore(path.join(root, "store"));
    this.waiting = path.join(root, "waiting");
    this.mayEnd = path.join(root, "may-end");
    this.log = path.join(root, "calls");
    this.terraform = path.join(root, "terraform");
    this.file = this.answering();
  }

  /** Makes it fail at a command, or wait for a file, after doing its work. */
  public answering({
    failAt = "nothing",
    waitAt = "nothing",
    authority = AUTHORITY,
  }: { failAt?: string; waitAt?: string; authority?: string } = {}): string {
    const out = '$(echo "$*" | sed "s/.*--out=\\([^ ]*\\).*/\\1/")';
    return script(
      path.join(this.root, "bin/kops"),
      `echo "$*" >> ${this.log}`,
      'case "$1" in',
      "version) echo 1.36.2 ;;",
      "replace)",
      `  cd ${this.store.location} || exit 1`,
      "  created=no; [ -f config ] || created=yes",
      `  awk '/^---$/ { n++; next } { print > ("part." n) }' "$4"`,
      "  for part in part.*; do",
      '    if grep -q "^kind: Cluster" "$part"; then mv "$part" config',
      '    else mv "$part" "instancegroup/$(sed -n "s/^  name: //p" "$part" | head -1)"; fi',
      "  done",
      // As kops: every replace dates the cluster, and only its creation names the API.
      `  sed -i "s/^metadata:/metadata:\\n  creationTimestamp: \\"call $(wc -l < ${this.log})\\"/" config`,
      '  name=$(sed -n "s/^  name: //p" config | head -1)',
      '  if [ $created = yes ]; then sed -i "s/^spec:/spec:\\n  masterPublicName: api.$name/" config; fi ;;',
      `update) cp -r ${this.terraform} "${out}"`,
      `  completed="${out}/data/${COMPLETED}"`,
      `  if [ -f "$completed" ]; then`,
      `    printf 'kind: Cluster\\nmetadata:\\n  creationTimestamp: "call %s"\\n  name: x\\n' "$(wc -l < ${this.log})" > "$completed"`,
      "  fi",
      ...(authority === ""
        ? [" ;;"]
        : [
            `  name=$(sed -n "s/^  name: //p" ${this.store.location}/config | head -1)`,
            `  printf 'clusters:\\n- name: %s\\n  cluster: {certificate-authority-data: ${authority}}\\n' "$name" > "$KUBECONFIG" ;;`,
          ]),
      "esac",
      `if [ "$1" = ${waitAt} ]; then echo $$ > ${this.waiting}.new; mv ${this.waiting}.new ${this.waiting}`,
      `  while [ ! -f ${this.mayEnd} ]; do sleep 0.05; done; echo "$1 ended" >> ${this.log}; fi`,
      `if [ "$1" = ${failAt} ]; then echo "I1123 noise" >&2; echo "Error: kops says no" >&2; exit 1; fi`,
    );
  }

  /** The commands that it was given. */
  public calls(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
  }

  /** Prepares the Terraform that it answers with: what this program declares for a cluster, and a boot payload. */
  public knows(spec: KopsClusterSpec): void {
    rmSync(this.terraform, { recursive: true, force: true });
    const data = path.join(this.terraform, "data");
    mkdirSync(data, { recursive: true });
    for (const { name, autoScalingGroup } of instanceGroups(spec)) {
      writeFileSync(path.join(data, `aws_launch_template_${autoScalingGroup}_user_data`), `#!/bin/bash\n# ${name}\n`);
    }
    const objects = bootFiles(spec).map(({ bucket, key }, index) => {
      const file = `aws_s3_object_${index}_content`;
      writeFileSync(path.join(data, file), key.endsWith("/jwks") ? `{"keys": ["${key}"]}\n` : `# ${key}\n`);
      return (
        `resource "aws_s3_object" "object-${index}" {\n  bucket = "${bucket}"\n  key = "${key}"\n` +
        `  content = file("\${path.module}/data/${file}")\n}`
      );
    });
    writeFileSync(path.join(this.terraform, "kubernetes.tf"), [hclOf(spec), ...objects, ""].join("\n"));
  }

  /** Prepares Terraform that disagrees with this program: a folder of kops' own. */
  public answersWith(folder: string): void {
    rmSync(this.terraform, { recursive: true, force: true });
    cpSync(folder, this.terraform, { recursive: true });
  }
}

/** A few files such as kops keeps for booting nodes. */
function bootFiles(spec: KopsClusterSpec): readonly { bucket: string; key: string }[] {
  const state = [
    "cluster-completed.spec",
    ...instanceGroups(spec).map(({ name, role }) => `igconfig/${role}/${name}/nodeupconfig.yaml`),
  ];
  return [
    ...state.map((key) => ({ bucket: spec.stateBucket, key: `${spec.name}/${key}` })),
    { bucket: spec.discoveryBucket, key: `${spec.name}/openid/v1/jwks` },
  ];
}

/** This program's resources as HCL: JSON values are HCL expressions. */
function hclOf(spec: KopsClusterSpec): string {
  return Object.entries(resourcesOf(synthCluster(spec)))
    .flatMap(([type, instances]) =>
      Object.entries(instances).map(([name, body]) => {
        const settings = Object.entries(body)
          .filter(([key]) => key !== "//")
          .map(([key, value]) => `  ${key} = ${JSON.stringify(value)}`);
        return `resource "${type}" "${name}" {\n${settings.join("\n")}\n}`;
      }),
    )
    .join("\n");
}

/** Writes the boot payload of a cluster, as a render leaves it. */
export function writePayload(folder: string, spec: KopsClusterSpec, changes: Partial<BootPayload> = {}): BootPayload {
  mkdirSync(folder, { recursive: true });
  const keep = (file: string): string => {
    writeFileSync(path.join(folder, file), `# ${file}\n`);
    return file;
  };
  const index: Omit<BootPayload, "folder"> = {
    kopsVersion: "1.36.2",
    manifestDigest: manifestDigest(spec),
    intendedDifferences: 24,
    certificateAuthority: AUTHORITY,
    userData: Object.fromEntries(instanceGroups(spec).map(({ name }) => [name, keep(`script-${name}`)])),
    objects: bootFiles(spec).map((object, position) => ({ ...object, file: keep(`file-${position}`) })),
    digests: {},
    ...changes,
  };
  const files = [...Object.values(index.userData), ...index.objects.map(({ file }) => file)];
  for (const file of files) index.digests[file] = fileDigest(path.join(folder, file));
  writeFileSync(path.join(folder, PAYLOAD_INDEX), JSON.stringify(index));
  const payload = payloadIndex(folder);
  if (payload === undefined) throw new Error(`there must be a payload in ${folder}`);
  return payload;
}

/** Synthesizes a stack with a cluster that boots from a payload; `add` may put more beside the cluster. */
export function synthesizeInto(
  outdir: string,
  spec: KopsClusterSpec,
  payload: BootPayload,
  add: (cluster: KopsCluster, stack: BaseStack) => void = () => undefined,
): void {
  mkdirSync(outdir, { recursive: true });
  const app = new App({
    outdir,
    stackTraces: false,
    context: { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" },
  });
  const stack = new BaseStack(app, "dev-stage2", {
    owner: "dev",
    account: spec.account,
    deployment: { kind: "cloud", stateBucket: "test-state", stateAccount: spec.account },
  });
  add(new KopsCluster(stack, "K8s", { spec, boot: { payload } }), stack);
  app.synth();
}
