import { readFileSync } from "node:fs";
import path from "node:path";
import { CONTROLLER_TOOLS, parseToolLock, summedTools, toolLockText } from "../../config/controller-tools";
import { PUBLIC_IMAGES } from "../../config/images";
import { PROJECT_ROOT } from "../../tools/files";

const read = (file: string): string => readFileSync(path.join(PROJECT_ROOT, file), "utf8");
const versionOf = (name: string): string => CONTROLLER_TOOLS.find((tool) => tool.name === name)?.version ?? "";

describe("the controllers' tools", () => {
  it("have the versions that the program works with elsewhere", () => {
    expect(read(".ci/terraform")).toContain(`\nversion=${versionOf("terraform")}\n`);
    expect(read("README.md")).toContain(`kops ${versionOf("kops")} `);
    expect(read("tools/control-plane/go.mod")).toContain(`k8s.io/kubernetes v${versionOf("kubectl")} `);
    expect(PUBLIC_IMAGES.node.tag.split("-")[0]).toBe(versionOf("node"));
  });

  it("are each downloaded in their version for arm64, over TLS, from an address of their own", () => {
    expect(new Set(CONTROLLER_TOOLS.map(({ url }) => url)).size).toBe(CONTROLLER_TOOLS.length);
    for (const { kind, url, version } of CONTROLLER_TOOLS) {
      expect(url).toMatch(/^https:\/\/\S+$/);
      expect(url).toContain(version);
      expect(url).toMatch(kind === "wheel" ? /-none-any\.whl$/ : /arm64/);
    }
  });

  it("take their checksums from the lock, which says when one was typed", () => {
    const [{ url }] = CONTROLLER_TOOLS as readonly [(typeof CONTROLLER_TOOLS)[number]];
    const text = toolLockText({ [url]: { digest: `sha256:${"a".repeat(64)}`, lockedOn: "2026-11-29" } });
    const [first, second] = summedTools(parseToolLock(text));
    expect([first?.sha256, second?.sha256]).toEqual(["a".repeat(64), undefined]);
    expect(() => parseToolLock(text.replaceAll("a".repeat(64), "b".repeat(64)))).toThrow(
      "Run npx opsdx controller lock",
    );
  });
});
