import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { editsBetween, S3StateStore, undated } from "../../../tools/kops/state-store";
import { CALLER, fault, useFakeS3 } from "../aws/fake-s3";
import { specOf } from "../../constructs/stage2/kops/support";

const NODES = "kind: InstanceGroup\nmetadata:\n  name: nodes\nspec:\n  maxSize: 8\n  subnets:\n  - a\n  - c\n";

describe("editsBetween", () => {
  it("finds nothing where nothing was edited, whatever the layout", () => {
    const other = 'spec: {subnets: ["a", "c"], maxSize: 8}\nkind: InstanceGroup\nmetadata: {name: nodes}\n';
    expect(editsBetween({ "instancegroup/nodes": NODES }, { "instancegroup/nodes": other })).toEqual([]);
  });

  it("names each value that differs, and what was added or taken away", () => {
    const edited = NODES.replace("8", "9").replace("  - c\n", "").replace("spec:\n", "spec:\n  minSize: 1\n");
    expect(editsBetween({ "instancegroup/nodes": NODES }, { "instancegroup/nodes": edited })).toEqual([
      "instancegroup/nodes spec.maxSize: 8 at the last render, 9 now",
      "instancegroup/nodes spec.minSize: nothing at the last render, 1 now",
      'instancegroup/nodes spec.subnets.1: "c" at the last render, nothing now',
    ]);
  });

  it("names every value of a group that is new", () => {
    expect(editsBetween({}, { "instancegroup/nodes": "kind: InstanceGroup\n" })).toEqual([
      'instancegroup/nodes kind: nothing at the last render, "InstanceGroup" now',
    ]);
  });
});

it("undated drops the date and the count that kops gives a document, and nothing else", () => {
  const own = 'metadata:\n  creationTimestamp: "2026-11-23T11:51:01Z"\n  generation: 2\n';
  const dated = NODES.replace("metadata:\n", own);
  expect(undated({ config: dated })).toEqual({ config: NODES });
});

it("undated drops the API's name where it follows from the cluster's, and keeps any other", () => {
  const config = (name: string): string =>
    `metadata:\n  name: k8s.dev.opsdx.io\nspec:\n  api:\n    publicName: ${name}\n  masterPublicName: ${name}\n  kubernetesVersion: 1.36.2\n`;
  const bare = "metadata:\n  name: k8s.dev.opsdx.io\nspec:\n  api:\n  kubernetesVersion: 1.36.2\n";
  expect(undated({ config: config("api.k8s.dev.opsdx.io") })).toEqual({ config: bare });
  const other = config("api.k8s-ml.dev.opsdx.io");
  expect(undated({ config: other })).toEqual({ config: other });
  expect(editsBetween({ config: config("api.k8s.dev.opsdx.io") }, { config: bare })).toEqual([]);
  expect(editsBetween({ config: bare }, { config: other })).toEqual([
    "config spec.api: null at the last render, nothing now",
    'config spec.api.publicName: nothing at the last render, "api.k8s-ml.dev.opsdx.io" now',
    'config spec.masterPublicName: nothing at the last render, "api.k8s-ml.dev.opsdx.io" now',
  ]);
});

describe("the state store in S3", () => {
  const bucket = new Map<string, string>();
  const store = new S3StateStore(specOf());
  const changed: string[] = [];
  let answer: (command: unknown) => unknown;
  const send = jest.spyOn(S3Client.prototype, "send");
  send.mockImplementation((command: unknown) => answer(command) as undefined);

  /** What S3 answers, out of the bucket. */
  function answerFromBucket(command: unknown): unknown {
    if (command instanceof ListObjectsV2Command) {
      const keys = [...bucket.keys()].filter((key) => key.startsWith(command.input.Prefix ?? ""));
      return { Contents: keys.map((Key) => ({ Key })) };
    }
    if (command instanceof GetObjectCommand) {
      const text = bucket.get(command.input.Key ?? "");
      return { Body: { transformToString: () => Promise.resolve(text) } };
    }
    if (command instanceof PutObjectCommand && typeof command.input.Body === "string") {
      changed.push(`put ${command.input.Key ?? ""}`);
      bucket.set(command.input.Key ?? "", command.input.Body);
    }
    if (command instanceof DeleteObjectCommand) {
      changed.push(`delete ${command.input.Key ?? ""}`);
      bucket.delete(command.input.Key ?? "");
    }
    return {};
  }

  beforeEach(() => {
    bucket.clear();
    changed.length = 0;
    bucket.set("k8s.dev.opsdx.io/config", "kind: Cluster\n");
    bucket.set("k8s.dev.opsdx.io/instancegroup/nodes", NODES);
    bucket.set("k8s.dev.opsdx.io/config.old", "not kops'");
    bucket.set("k8s.dev.opsdx.io/pki/private/kubernetes-ca/keyset.yaml", "a key");
    bucket.set("k8s.dev.opsdx.io.other/config", "another cluster's");
    answer = answerFromBucket;
  });
  afterAll(() => send.mockRestore());

  it("reads the cluster's description, and neither its keys nor another cluster's", async () => {
    expect(store.location).toBe("s3://opsdx-kops-state/k8s.dev.opsdx.io");
    expect(await store.read()).toEqual({ config: "kind: Cluster\n", "instancegroup/nodes": NODES });
  });

  it("changes what differs, removes what is not wanted, and leaves the rest of the bucket alone", async () => {
    await store.write({ config: "kind: Cluster\n", "instancegroup/web": "kind: InstanceGroup\n" });
    expect(changed).toEqual(["put k8s.dev.opsdx.io/instancegroup/web", "delete k8s.dev.opsdx.io/instancegroup/nodes"]);
    expect(bucket.get("k8s.dev.opsdx.io/pki/private/kubernetes-ca/keyset.yaml")).toBe("a key");
  });
});

describe("a state store that refuses", () => {
  const server = useFakeS3();
  const store = new S3StateStore(specOf());
  const listing = {
    status: 200,
    body: "<ListBucketResult><Contents><Key>k8s.dev.opsdx.io/config</Key></Contents></ListBucketResult>",
  };

  it("says which right is missing, and for whom", async () => {
    server.answer = () => ({ status: 403 });
    await expect(store.read()).rejects.toThrow(
      `the state store s3://opsdx-kops-state/k8s.dev.opsdx.io cannot be read: ${CALLER} may not (HTTP 403). It needs s3:ListBucket on arn:aws:s3:::opsdx-kops-state`,
    );
    server.answer = ({ url = "" }) => (url.includes("list-type") ? listing : { status: 403 });
    await expect(store.read()).rejects.toThrow(
      "It needs s3:GetObject on arn:aws:s3:::opsdx-kops-state/k8s.dev.opsdx.io/config, kms:Decrypt on the key",
    );
    server.answer = ({ url = "", method }) =>
      url.includes("list-type") ? listing : method === "GET" ? { status: 200, body: "kind: Cluster" } : { status: 403 };
    await expect(store.write({ config: "kind: Other" })).rejects.toThrow(
      /cannot be changed: .* It needs s3:PutObject on arn:aws:s3:::opsdx-kops-state\/k8s.dev.opsdx.io\/config, kms:GenerateDataKey/,
    );
    await expect(store.write({})).rejects.toThrow(/cannot be changed: .* It needs s3:DeleteObject on /);
  });

  it("says what makes the bucket when there is none", async () => {
    server.answer = () => fault(404, "NoSuchBucket", "no such bucket");
    await expect(store.read()).rejects.toThrow(
      "the state store s3://opsdx-kops-state/k8s.dev.opsdx.io cannot be read: the bucket opsdx-kops-state does not exist, " +
        "or was deleted a moment ago (HTTP 404, NoSuchBucket: no such bucket). npx cdktf deploy global makes it",
    );
  });
});
