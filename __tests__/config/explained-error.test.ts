import { errorText, ExplainedError, RefusedError, reportError } from "../../config/explained-error";
import { ConfigError } from "../../config/load";
import { PolicyError } from "../../constructs/shared/policy/policy";
import { SandboxDownError } from "../../stacks/sandbox/running-sandbox";
import { StalePayloadError } from "../../stacks/stage2-stack";
import { BootstrapError } from "../../tools/bootstrap/situation";
import { CommandError, UsageError } from "../../tools/command-error";
import { ToolchainError } from "../../tools/sandbox/toolchain";
import { InterruptedError } from "../../tools/terraform/children";

const THIS_FILE = /explained-error\.test\.ts:\d+/;

describe("what is printed of an error", () => {
  const explained = new ExplainedError("config/environments/dev.ts: dns.zone: must be a domain name");

  it("is the message alone, when it explains itself", () => {
    expect(errorText(explained, {})).toBe("config/environments/dev.ts: dns.zone: must be a domain name");
    expect(errorText(explained, { OPSDX_DEBUG: "0" })).toBe(explained.message);
  });

  it("has the trace and the cause with OPSDX_DEBUG=1", () => {
    const caused = new ExplainedError("the bucket cannot be read", { cause: new RangeError("planted") });
    const text = errorText(caused, { OPSDX_DEBUG: "1" });
    expect(text).toContain("ExplainedError: the bucket cannot be read");
    expect(text).toMatch(THIS_FILE);
    expect(text).toContain("RangeError: planted");
  });

  it.each([new TypeError("planted"), new Error("planted"), "planted", undefined])(
    "is all there is of anything else (%s)",
    (error) => {
      const text = errorText(error, {});
      expect(text).toContain(error === undefined ? "undefined" : "planted");
      if (error instanceof Error) expect(text).toMatch(THIS_FILE);
    },
  );
});

describe("an error that tells a person what to do", () => {
  it.each([
    new ConfigError([]),
    new PolicyError([]),
    new StalePayloadError("stale"),
    new CommandError("command"),
    new BootstrapError("bootstrap"),
    new ToolchainError([]),
    new InterruptedError(),
  ])("$name is printed without a trace", (error) => {
    expect(error).toBeInstanceOf(ExplainedError);
    expect(error.name).toBe(error.constructor.name);
    expect(errorText(error, {})).toBe(error.message);
  });
});

class Interrupted extends ExplainedError {
  public override readonly exitCode = 130;
}

it.each([
  [new ExplainedError("no such cluster"), 1],
  [new RefusedError("no such cluster"), 2],
  [new UsageError("no such cluster"), 2],
  [new ConfigError([]), 2],
  [new PolicyError([]), 2],
  [new StalePayloadError("stale"), 2],
  [new ToolchainError([]), 2],
  [new SandboxDownError("/folder", "it has ended"), 2],
  [new CommandError("no such cluster"), 1],
  [new Interrupted("interrupted"), 130],
])("an error that ends a command is told on standard error, with its exit code (%s: %d)", (error, code) => {
  const print = jest.spyOn(console, "error").mockReturnValue();
  const before = process.exitCode;
  try {
    reportError(error);
    expect(print.mock.calls).toEqual([[error.message]]);
    expect(process.exitCode).toBe(code);
  } finally {
    process.exitCode = before;
    print.mockRestore();
  }
});

it.each([
  ["ENOSPC: no space left on device, write", { code: "ENOSPC" }, "no space left on device, write. Mend that"],
  ["EACCES: permission denied, open '/x'", { code: "EACCES", path: "/x" }, "denied, open '/x'. Mend that"],
  ["EROFS: read-only", { code: "EROFS", path: "/x" }, "read-only (/x). Mend that"],
])("what the machine refuses is no mistake of the program: %s", (message, facts, told) => {
  const error = Object.assign(new Error(message), facts);
  expect(errorText(error, {})).toMatch(/^This machine refused it: /);
  expect(errorText(error, {})).toContain(told);
  expect(errorText(error, { OPSDX_DEBUG: "1" })).toContain("at ");
  expect(errorText(Object.assign(new Error("EINVAL: bad"), { code: "EINVAL" }), {})).toContain("at ");
});
