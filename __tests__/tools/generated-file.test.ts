import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeOrCheck } from "../../tools/generated-file";

describe("writeOrCheck", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "generated-file-"));
  const file = { file: "docs/page.md", text: "one\ntwo\n", command: "make page", root };
  const log = jest.spyOn(console, "log").mockReturnValue();
  const error = jest.spyOn(console, "error").mockReturnValue();
  afterEach(() => jest.clearAllMocks());
  afterAll(() => fs.rmSync(root, { recursive: true }));

  const written = () => fs.readFileSync(path.join(root, file.file), "utf8");
  const complaint = () => String(error.mock.calls[0]?.[0]);

  test("says that a file is missing, writes it, and finds it current", () => {
    expect(writeOrCheck({ ...file, check: true })).toBe(false);
    expect(complaint()).toContain("docs/page.md is missing: run `make page` and commit the result");
    expect(fs.existsSync(path.join(root, file.file))).toBe(false);

    expect(writeOrCheck({ ...file, check: false })).toBe(true);
    expect(written()).toBe("one\ntwo\n");
    expect(writeOrCheck({ ...file, check: true })).toBe(true);
    expect(String(log.mock.calls.at(-1)?.[0])).toContain("docs/page.md is current");
  });

  test("says where a file differs, and leaves it alone", () => {
    fs.writeFileSync(path.join(root, file.file), "one\nthree\n");
    expect(writeOrCheck({ ...file, check: true })).toBe(false);
    expect(complaint()).toContain("docs/page.md is out of date from line 2 on");
    expect(written()).toBe("one\nthree\n");
  });

  test("counts a file that ends too early as different from its end on", () => {
    fs.writeFileSync(path.join(root, file.file), "one");
    expect(writeOrCheck({ ...file, check: true })).toBe(false);
    expect(complaint()).toContain("from line 2 on");
  });
});
