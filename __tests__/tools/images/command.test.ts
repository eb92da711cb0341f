import { loadConfig } from "../../../config/load";
import { imagesCommand } from "../../../tools/images/command";
import { pinnedImages } from "../../../tools/images/images";

const config = loadConfig();
const { id, region } = config.global.account;
const dev = config.environments.find(({ name }) => name === "dev");
if (dev === undefined) throw new Error("no environment dev");
const images = pinnedImages(dev);

/** Runs the command on a registry that holds these tags, by digest; returns what was printed, and the tags after it. */
async function run(args: readonly string[], held: ReadonlyMap<string, readonly string[]>, accountId = id) {
  const tags = new Map(held);
  const out: string[] = [];
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  const command = imagesCommand({
    load: () => config,
    connect: () =>
      Promise.resolve({
        account: { environment: "global", id, region },
        identity: { who: () => Promise.resolve({ accountId, arn: "arn:aws:iam::1:role/me" }) },
        registry: {
          describe: (_, digest) => {
            const found = tags.get(digest);
            return Promise.resolve(found && { tags: found, pushed: new Date("2026-03-08") });
          },
          tag: (_, digest, tag) => Promise.resolve(void tags.set(digest, [...(tags.get(digest) ?? []), tag])),
        },
      }),
  });
  try {
    const error: unknown = await command.parseAsync([...args], { from: "user" }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { out: out.join("\n"), tags, error, code: process.exitCode ?? 0 };
  } finally {
    log.mockRestore();
    process.exitCode = 0;
  }
}
const LOOSE = new Map(images.map(({ digest }) => [digest, ["v1"]]));
const KEPT = new Map(images.map(({ digest, tag }) => [digest, ["v1", tag]]));

describe("pinnedImages", () => {
  it("are those of every ETL and service, each once, with who runs it and a tag that is made of its digest", () => {
    expect(images.map(({ repository }) => repository)).toEqual(["trews-etl", "trews-rest-api", "trews-train"]);
    expect(images.flatMap(({ workloads }) => workloads)).toEqual([
      ...Object.keys(dev.etls).sort(),
      "trews-rest-api",
      "tensorflow-training",
    ]);
    for (const { digest, tag } of images) expect(tag).toBe(`keep-dev-${digest.slice(7, 23)}`);
  });
});

describe("opsdx images check", () => {
  it("is content when every pinned image is there and kept", async () => {
    const { code, out } = await run(["check", "dev"], KEPT);
    expect(out).toContain("All are there, and kept.");
    expect(code).toBe(0);
  });

  it("finds what may expire while it is in use, and what the registry lacks", async () => {
    const [first] = images;
    const { code, out } = await run(["check", "dev"], new Map([[first?.digest ?? "", ["keep-prod-0123456789abcdef"]]]));
    expect(out).toContain("1 may expire while in use: npx opsdx images keep dev");
    expect(out).toContain("2 not in the registry");
    expect(code).toBe(1);
    const json = await run(["check", "dev", "--json"], LOOSE);
    expect(JSON.parse(json.out)).toEqual(
      images.map((image) => ({ ...image, state: "may expire", pushed: "2026-03-08T00:00:00.000Z" })),
    );
  });

  it("asks nothing of another account", async () => {
    const { error } = await run(["check", "dev"], KEPT, "999999999999");
    expect(String(error)).toContain(`config/global.ts says account.id ${id}`);
  });
});

describe("opsdx images keep", () => {
  it("tags what is not kept yet, and nothing twice", async () => {
    const first = await run(["keep", "dev"], LOOSE);
    expect(first.tags).toEqual(KEPT);
    expect(first.out).toContain("All are there, and kept.");
    expect(first.code).toBe(0);
    expect((await run(["keep", "dev"], KEPT)).tags).toEqual(KEPT);
  });

  it("changes nothing in a dry run, and says what it would", async () => {
    const { code, out, tags } = await run(["keep", "dev", "--dry-run"], LOOSE);
    expect(tags).toEqual(LOOSE);
    for (const { digest, repository, tag } of images)
      expect(out).toContain(`would tag ${repository}@${digest} as ${tag}`);
    expect(code).toBe(0);
  });

  it("keeps what is there, and fails for what the registry lacks", async () => {
    const [first, ...others] = images;
    const { code, tags } = await run(["keep", "dev"], new Map([[first?.digest ?? "", []]]));
    expect(tags).toEqual(new Map([[first?.digest, [first?.tag]]]));
    expect(others).not.toEqual([]);
    expect(code).toBe(1);
  });
});
