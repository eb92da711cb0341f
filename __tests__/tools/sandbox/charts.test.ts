import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import execa from "execa";
import { chartFaults } from "../../../tools/sandbox/charts";
import { temporaryFolder } from "./support";

const root = temporaryFolder();
let folder: string;
let number = 0;
beforeEach(() => {
  number += 1;
  folder = path.join(root, `charts-${number}`);
  mkdirSync(folder);
});

/** Packs a chart as `helm package` does. */
async function pack(name: string, version: string, file = "Chart.yaml"): Promise<string> {
  const source = path.join(root, "source");
  rmSync(source, { recursive: true, force: true });
  mkdirSync(path.join(source, name, "charts/inner"), { recursive: true });
  writeFileSync(path.join(source, name, file), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`);
  writeFileSync(path.join(source, name, "charts/inner/Chart.yaml"), "name: inner\nversion: 9.9.9\n");
  writeFileSync(path.join(source, name, "values.yaml"), "key: value\n".repeat(500));
  const archive = path.join(folder, `${name}-${version}.tgz`);
  await execa("tar", ["-czf", archive, "-C", source, name]);
  return archive;
}

it("whole charts have none, whatever else lies there", async () => {
  await pack("fluent-bit", "0.58.1");
  await pack("aws-load-balancer-controller", "1.14.0-rc.1");
  writeFileSync(path.join(folder, "README"), "");
  expect(chartFaults(folder)).toEqual([]);
});

it("each that is cut is named with its size, wherever it is cut", async () => {
  const archive = await pack("headlamp", "0.36.0");
  const whole = readFileSync(archive);
  for (const size of [0, 1, 10, Math.floor(whole.length / 2), whole.length - 8, whole.length - 1]) {
    writeFileSync(archive, whole.subarray(0, size));
    expect(chartFaults(folder)).toEqual([expect.stringMatching(`^${archive} is not whole \\(${size} bytes\\): .`)]);
  }
  const tar = gunzipSync(whole);
  writeFileSync(archive, gzipSync(tar.subarray(0, tar.lastIndexOf("key: value"))));
  expect(chartFaults(folder)).toEqual([expect.stringMatching("is not whole .*: headlamp/values.yaml is cut off$")]);
});

it("one that is no archive, or holds another chart or none, is named, all at once", async () => {
  renameSync(await pack("headlamp", "0.36.0"), path.join(folder, "headlamp-0.37.0.tgz"));
  await pack("empty", "1.0.0", "Other.yaml");
  writeFileSync(path.join(folder, "page-1.0.0.tgz"), "<html>Not found</html>");
  expect(chartFaults(folder)).toEqual([
    `${folder}/empty-1.0.0.tgz holds no Chart.yaml`,
    `${folder}/headlamp-0.37.0.tgz holds the chart of headlamp-0.36.0.tgz`,
    expect.stringMatching(`^${folder}/page-1.0.0.tgz is not whole \\(22 bytes\\): incorrect header check`),
  ]);
});
