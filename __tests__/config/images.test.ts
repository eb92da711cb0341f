import { ConfigError } from "../../config/load";
import {
  imageOf,
  imageParts,
  lockFile,
  lockText,
  parseLock,
  PUBLIC_IMAGES,
  taggedReference,
} from "../../config/images";
import { acknowledgementsOn } from "../../constructs/shared/policy/acknowledge";
import { acknowledgeUnlockedImage } from "../../constructs/shared/policy/unlocked-image";
import { synth } from "../support";

const HEADLAMP = "ghcr.io/headlamp-k8s/headlamp:v0.45.0";
const digest = `sha256:${"4".repeat(64)}`;
const LOCK = { [HEADLAMP]: { digest, lockedOn: "2026-11-29" } };

function problems(text: string): readonly string[] {
  try {
    parseLock(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ file, path, rule }) => `${file} ${path} ${rule}`);
  }
}

describe("imageOf", () => {
  it("gives the tag until the lock has a digest, then both", () => {
    expect(imageOf("headlamp", {})).toBe(HEADLAMP);
    expect(imageOf("headlamp", LOCK)).toBe(`${HEADLAMP}@${digest}`);
    expect(imageParts("headlamp", LOCK)).toMatchObject({ registry: "ghcr.io", digest, pinnedTag: `v0.45.0@${digest}` });
  });

  it("never takes the digest of another tag", () => {
    const other = { "ghcr.io/headlamp-k8s/headlamp:v0.44.0": { digest, lockedOn: "2026-11-29" } };
    expect(imageOf("headlamp", other)).toBe(HEADLAMP);
  });
});

it("public images have a version, and stand in the list once", () => {
  const references = Object.values(PUBLIC_IMAGES).map(taggedReference);
  expect(new Set(references).size).toBe(references.length);
  for (const { registry, repository, tag } of Object.values(PUBLIC_IMAGES)) {
    expect([registry, repository, tag]).toEqual([
      expect.stringMatching(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/),
      expect.stringMatching(/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/),
      expect.stringMatching(/\d/),
    ]);
  }
});

describe("the lock", () => {
  it("of the project is whole", () => expect(parseLock(lockText(lockFile()))).toEqual(lockFile()));

  it("is what the command wrote, or refused", () => {
    expect(parseLock(lockText(LOCK))).toEqual(LOCK);
    // A digest that a person, or a program, made up.
    expect(problems(lockText(LOCK).replace(digest, `sha256:${"5".repeat(64)}`))).toEqual([
      expect.stringContaining("config/images.lock.json seal must be that of the entries"),
    ]);
    const typed = JSON.stringify({ ...JSON.parse(lockText({})), images: LOCK });
    expect(problems(typed)).toEqual([expect.stringContaining("seal must be that of the entries")]);
  });

  it("names all that is wrong with its form", () => {
    const broken = lockText({ [HEADLAMP]: { digest: "sha256:abc", lockedOn: "yesterday" } });
    expect(problems(broken)).toEqual([
      expect.stringContaining("digest must be sha256: and 64 hexadecimal digits"),
      expect.stringContaining("lockedOn must be a day, such as 2026-11-29"),
    ]);
    expect(problems("{")).toEqual([expect.stringContaining("(whole file) must be JSON")]);
  });
});

it("a tag of ours is acknowledged only while the lock has no digest", () => {
  const accepted: string[] = [];
  synth((scope) => {
    acknowledgeUnlockedImage(scope, "headlamp");
    accepted.push(...acknowledgementsOn(scope).map(({ rule }) => rule));
  });
  expect(accepted).toEqual(HEADLAMP in lockFile() ? [] : ["KubernetesImageByDigest"]);
});
