import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CliAccount, UnansweredError } from "../../../tools/preflight/account";

const ROLE = "arn:aws:iam::111122223333:role/opsdx-dns-delegation-dev-read";
let bin = "";

beforeAll(() => {
  bin = mkdtempSync(path.join(os.tmpdir(), "aws-"));
  const file = path.join(bin, "aws");
  const key = JSON.stringify({ Credentials: { AccessKeyId: "A", SecretAccessKey: "S", SessionToken: "T" } });
  writeFileSync(
    file,
    `#!/bin/sh
     case "$*" in
       *assume-role*forbidden*) echo 'An error occurred (AccessDenied) when calling it: no' >&2; exit 254;;
       *assume-role*) echo '${key}';;
       *) echo "{\\"who\\":\\"$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN \${AWS_PROFILE-none}\\",\\"call\\":\\"$*\\"}";;
     esac\n`,
  );
  chmodSync(file, 0o755);
});

afterAll(() => {
  rmSync(bin, { recursive: true });
});

describe("an account that is asked as a role of another's", () => {
  const own = (): CliAccount =>
    new CliAccount("444455556666", "us-east-1", { PATH: `${bin}:/usr/bin:/bin`, AWS_PROFILE: "opsdx-dev" });

  it("has that account's id, and the role's keys without the profile, which would be preferred", async () => {
    const other = await own().inRole(ROLE, "us-west-2");
    expect(other.id).toBe("111122223333");
    expect(await other.ask(["route53", "list-hosted-zones"])).toEqual({
      who: "A S T none",
      call: "route53 list-hosted-zones --region us-west-2 --output json",
    });
  });

  it("does not answer where the role may not be taken on", async () => {
    await expect(own().inRole("arn:aws:iam::111122223333:role/forbidden", "us-east-1")).rejects.toThrow(
      UnansweredError,
    );
  });
});
