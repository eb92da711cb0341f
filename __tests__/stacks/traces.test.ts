import { withoutTokenTraces } from "../../stacks/traces";

const captured = (): string => {
  const holder = { stack: "" };
  Error.captureStackTrace(holder);
  return holder.stack;
};

describe("withoutTokenTraces", () => {
  const debug = process.env["OPSDX_DEBUG"];
  const capture = (): unknown => Object.getOwnPropertyDescriptor(Error, "captureStackTrace")?.value;
  const before = capture();

  afterEach(() => {
    if (debug === undefined) delete process.env["OPSDX_DEBUG"];
    else process.env["OPSDX_DEBUG"] = debug;
  });

  it("keeps the trace of an error, and none of anything else", () => {
    delete process.env["OPSDX_DEBUG"];
    const [token, error] = withoutTokenTraces(() => {
      const traced = new Error("a mistake");
      Error.captureStackTrace(traced);
      return [captured(), traced] as const;
    });
    expect(token).toBe("");
    expect(error.stack).toContain("traces.test.ts");
  });

  it("gives back what it took, after a mistake as well", () => {
    const fail = (): never => {
      throw new RangeError("a mistake");
    };
    expect(() => withoutTokenTraces(fail)).toThrow(RangeError);
    expect(capture()).toBe(before);
  });

  it("changes nothing with OPSDX_DEBUG=1", () => {
    process.env["OPSDX_DEBUG"] = "1";
    expect(withoutTokenTraces(capture)).toBe(before);
  });
});
