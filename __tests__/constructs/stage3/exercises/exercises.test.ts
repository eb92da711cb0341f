import { exercisesOf } from "../../../../config/names";
import { Exercises } from "../../../../constructs/stage3/exercises/exercises";
import { synth } from "../../../support";
import { platformIn } from "../platform";

describe("Exercises", () => {
  it("have one bucket, closed, encrypted by a key of its own, of which each access is logged", () => {
    const stack = synth((scope) => {
      new Exercises(scope, "Exercises", { platform: platformIn(scope) });
    });
    expect(stack.one("aws_s3_bucket").body["bucket"]).toBe("opsdx-test-exercises-123456789012");
    expect(stack.one("aws_s3_bucket_logging").body["target_bucket"]).toBe("opsdx-test-s3-access-logs");
    expect(JSON.stringify(stack.one("aws_s3_bucket_server_side_encryption_configuration").body)).toContain(
      "${aws_kms_key.Exercises_Key_",
    );
    expect(JSON.stringify(stack.one("aws_s3_bucket_lifecycle_configuration").body)).toContain(
      '"expiration":[{"days":365}]',
    );
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  it("are there where an exercise is configured", () => {
    expect(exercisesOf({ drills: {}, load: {} })).toBe("load");
    expect(exercisesOf({ drills: {} })).toBe("drills");
    expect(exercisesOf({ web: {} })).toBeUndefined();
  });
});
