import { errorText, ExplainedError } from "../../../config/explained-error";
import { Construct } from "../../../constructs/shared/cdktf";
import { PropsError, refuse } from "../../../constructs/shared/props-error";
import { synth } from "../../support";

const FAULTS = ["steps must hold at least one step, got none", "periods must be a whole number from 1, got 0.5"];

function refused(faults: readonly (string | false)[]): unknown {
  try {
    synth((stack) => refuse(new Construct(new Construct(stack, "Pump"), "Stalled"), faults));
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("props that are refused", () => {
  it("are told all at once, each with the construct's path", () => {
    const error = refused([FAULTS[0] ?? "", false, FAULTS[1] ?? ""]);
    expect(error).toBeInstanceOf(PropsError);
    expect((error as PropsError).message).toBe(FAULTS.map((fault) => `test/Pump/Stalled: ${fault}`).join("\n"));
  });

  it("are printed without a trace, and with it where somebody asks for it", () => {
    const error = refused(FAULTS);
    expect(error).toBeInstanceOf(ExplainedError);
    expect(errorText(error, {})).toBe((error as PropsError).message);
    expect(errorText(error, { OPSDX_DEBUG: "1" })).toMatch(/props-error\.test\.ts:\d+/);
  });

  it("are those that break a rule, and no others", () => {
    expect(refused([])).toBeUndefined();
    expect(refused([false, false])).toBeUndefined();
  });
});
