import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { IMAGE_LOCK, imageOf, lockText, parseLock, PUBLIC_IMAGES, type ImageLock } from "../../../config/images";
import { imagesCommand } from "../../../tools/images/command";
import { PublicRegistry } from "../../../tools/images/registry";

const INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [
    { digest: `sha256:${"a".repeat(64)}`, platform: { os: "linux", architecture: "amd64" } },
    { digest: `sha256:${"b".repeat(64)}`, platform: { os: "linux", architecture: "arm64" } },
  ],
});
const SINGLE = JSON.stringify({ schemaVersion: 2, config: { digest: `sha256:${"c".repeat(64)}` }, layers: [] });
const ARM = INDEX.replace("amd64", "s390x");
const sha256 = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

interface Asked {
  readonly url: string;
  readonly accept?: string;
  readonly authorization?: string;
}

/** A registry on loopback that answers in its own way; what it was asked. */
async function withRegistry<T>(
  answer: (request: Asked, response: http.ServerResponse, port: number) => void,
  work: (registry: PublicRegistry, asked: readonly Asked[], waited: readonly number[]) => Promise<T>,
): Promise<T> {
  const asked: Asked[] = [];
  const waited: number[] = [];
  const server = http.createServer(({ headers, url = "" }, response) => {
    const request = { url, accept: headers.accept, authorization: headers.authorization };
    asked.push(request);
    answer(request, response, (server.address() as AddressInfo).port);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = new PublicRegistry({
    address: () => address,
    wait: (milliseconds) => Promise.resolve(waited.push(milliseconds)),
  });
  try {
    return await work(registry, asked, waited);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const gives = (body: string, headers: http.OutgoingHttpHeaders = {}) => {
  return (_: Asked, response: http.ServerResponse): void => {
    response.writeHead(200, headers);
    response.end(body);
  };
};
const refuses = (status: number, headers: http.OutgoingHttpHeaders = {}) => {
  return (_: Asked, response: http.ServerResponse): void => {
    response.writeHead(status, headers);
    response.end("{}");
  };
};
const { headlamp } = PUBLIC_IMAGES;
const digestFrom = (answer: Parameters<typeof withRegistry>[0]): Promise<string> =>
  withRegistry(answer, (registry) => registry.digest(headlamp));

describe("PublicRegistry", () => {
  it("gives the digest of the index that a tag names, of what it got", async () => {
    await withRegistry(gives(INDEX, { "docker-content-digest": sha256(INDEX) }), async (registry, asked) => {
      expect(await registry.digest(headlamp)).toBe(sha256(INDEX));
      expect(asked).toEqual([
        expect.objectContaining({
          url: "/v2/headlamp-k8s/headlamp/manifests/v0.45.0",
          accept: expect.stringMatching(/^application\/vnd\.oci\.image\.index\.v1\+json, /) as string,
        }),
      ]);
    });
  });

  it("takes an image of one platform, too, and needs no header", async () => {
    expect(await digestFrom(gives(SINGLE))).toBe(sha256(SINGLE));
  });

  it("believes no digest that is not that of the bytes", async () => {
    await expect(digestFrom(gives(INDEX, { "docker-content-digest": sha256(SINGLE) }))).rejects.toThrow(
      /the registry says sha256:.*, and gives sha256:/,
    );
  });

  it("refuses what does not run on the nodes, and what is no manifest", async () => {
    await expect(digestFrom(gives(ARM))).rejects.toThrow(
      "does not run on linux/amd64, only on linux/s390x, linux/arm64",
    );
    await expect(digestFrom(gives("<html>captive portal</html>"))).rejects.toThrow("gives no manifest");
    await expect(digestFrom(gives("{}"))).rejects.toThrow("gives no manifest");
  });

  it("takes an anonymous token where the registry asks for one", async () => {
    await withRegistry(
      ({ authorization, url }, response, port) => {
        if (url.startsWith("/token")) return void response.end(JSON.stringify({ token: "anonymous" }));
        if (authorization === "Bearer anonymous") return void response.end(INDEX);
        const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="ghcr.io",scope="repository:x:pull"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      },
      async (registry, asked) => {
        expect(await registry.digest(headlamp)).toBe(sha256(INDEX));
        expect(asked[1]?.url).toBe("/token?service=ghcr.io&scope=repository%3Ax%3Apull");
      },
    );
  });

  it.each([
    ["has no such image or tag", 404, {}],
    ["wants a login that is not anonymous", 401, { "www-authenticate": 'Basic realm="x"' }],
    ["wants a login: it is not public", 403, {}],
  ] as const)("says that the registry %s", async (said, status, headers) => {
    await expect(digestFrom(refuses(status, headers))).rejects.toThrow(
      `ghcr.io/headlamp-k8s/headlamp:v0.45.0: the registry ${said}`,
    );
  });

  it("asks later when it is asked to, and gives up", async () => {
    let times = 0;
    const busy: Parameters<typeof withRegistry>[0] = (_, response) => {
      times += 1;
      if (times < 3) response.writeHead(429, { "retry-after": "7" }).end();
      else response.end(INDEX);
    };
    await withRegistry(busy, async (registry, _, waited) => {
      expect(await registry.digest(headlamp)).toBe(sha256(INDEX));
      expect(waited).toEqual([7000, 7000]);
    });
    await expect(digestFrom(refuses(429))).rejects.toThrow("still says that it is asked too often, after 5 times");
  });

  it("says who was not reached", async () => {
    const registry = new PublicRegistry({ address: () => "http://127.0.0.1:1", wait: () => Promise.resolve() });
    await expect(registry.digest(headlamp)).rejects.toThrow(/127\.0\.0\.1:1 was not reached/);
  });
});

describe("opsdx images", () => {
  let root = "";
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "images-lock-"));
    fs.mkdirSync(path.join(root, "config"));
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  async function run(words: readonly string[], registry: PublicRegistry, lock: ImageLock = {}) {
    const file = path.join(root, IMAGE_LOCK);
    fs.writeFileSync(file, lockText(lock));
    const out: string[] = [];
    const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
    try {
      await imagesCommand({
        others: { root, source: registry, images: [headlamp], today: () => new Date("2026-11-29T12:00:00Z") },
      }).parseAsync([...words], { from: "user" });
      return { out: out.join("\n"), lock: parseLock(fs.readFileSync(file, "utf8")), code: process.exitCode ?? 0 };
    } finally {
      log.mockRestore();
      process.exitCode = 0;
    }
  }
  const HEADLAMP = "ghcr.io/headlamp-k8s/headlamp:v0.45.0";
  const OLD = { [HEADLAMP]: { digest: sha256("old"), lockedOn: "2026-01-01" } };

  it("lock writes what the registry gives, with the day, and values take it", async () => {
    await withRegistry(gives(INDEX), async (registry) => {
      const { code, lock } = await run(["lock"], registry);
      expect(lock).toEqual({ [HEADLAMP]: { digest: sha256(INDEX), lockedOn: "2026-11-29" } });
      expect(imageOf("headlamp", lock)).toBe(`${HEADLAMP}@${sha256(INDEX)}`);
      expect(code).toBe(0);
      // The day stays that on which the digest came.
      const same = { [HEADLAMP]: { digest: sha256(INDEX), lockedOn: "2026-01-01" } };
      expect((await run(["lock"], registry, same)).lock).toEqual(same);
    });
  });

  it("lock tells of a tag that has moved, and writes nothing in a dry run", async () => {
    await withRegistry(gives(INDEX), async (registry) => {
      const { out, lock } = await run(["lock", "--dry-run"], registry, OLD);
      expect(out).toContain(`its tag has moved: it was ${sha256("old")}`);
      expect(out).toContain("would write config/images.lock.json");
      expect(lock).toEqual(OLD);
    });
  });

  it("lock keeps what it had where the registry gives nothing, and fails", async () => {
    await withRegistry(refuses(404), async (registry) => {
      const { code, lock, out } = await run(["lock"], registry, OLD);
      expect(lock).toEqual(OLD);
      expect(out).toContain("it keeps sha256:");
      expect(code).toBe(1);
    });
  });

  it("lock leaves out what is not listed any more", async () => {
    await withRegistry(gives(INDEX), async (registry) => {
      const { lock } = await run(["lock"], registry, {
        "ghcr.io/gone/gone:1": { digest: sha256("x"), lockedOn: "2026-01-01" },
      });
      expect(Object.keys(lock)).toEqual([HEADLAMP]);
    });
  });

  it("check public tells locked, moved, not locked and not asked apart, and how old the lock is", async () => {
    const current = { [HEADLAMP]: { digest: sha256(INDEX), lockedOn: "2026-01-01" } };
    await withRegistry(gives(INDEX), async (registry) => {
      const well = await run(["check", "public"], registry, current);
      expect(well.out).toContain("All run by digest");
      expect(well.out).toContain("The oldest digest is 332 days old");
      expect(well.code).toBe(0);
      const states = async (lock: ImageLock): Promise<unknown> => {
        const { code, out } = await run(["check", "public", "--json"], registry, lock);
        expect(code).toBe(1);
        return (JSON.parse(out) as { state: string }[]).map(({ state }) => state);
      };
      expect(await states(OLD)).toEqual(["moved"]);
      expect(await states({})).toEqual(["not locked"]);
    });
    await withRegistry(refuses(404), async (registry) => {
      const { code, out } = await run(["check", "public"], registry, current);
      expect(out).toContain("not asked");
      expect(code).toBe(1);
    });
  });
});
