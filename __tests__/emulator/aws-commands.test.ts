import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { drillsOf } from "../../constructs/stage3/drills/catalogue";
import { pythonOfEmulator } from "./support";

// Reading the models takes seconds, and more on a busy machine.
jest.setTimeout(300_000);

const RUNBOOK = path.join(__dirname, "../../docs/runbook");

/** What is wrong with the commands of the AWS CLI in some texts, and how many there are. */
async function looked(texts: readonly string[]): Promise<{ readonly commands: number; readonly faults: string[] }> {
  const { stdout } = await execa(await pythonOfEmulator(), [path.join(__dirname, "aws_commands.py")], {
    input: JSON.stringify(texts),
  });
  return JSON.parse(stdout) as Awaited<ReturnType<typeof looked>>;
}

/** Lines of code of the runbook's pages: prose names commands without their options. */
const pages = readdirSync(RUNBOOK)
  .map((file) => readFileSync(path.join(RUNBOOK, file), "utf8"))
  .flatMap((text) => text.match(/^ *```sh\n[\s\S]*?^ *```$/gm) ?? []);

describe("commands of the AWS CLI, held against the models that it is made from", () => {
  it("are as AWS knows them in the runbook", async () => {
    const { commands, faults } = await looked(pages);
    expect(faults).toEqual([]);
    expect(commands).toBeGreaterThan(400);
  });

  it("are as AWS knows them in drills", async () => {
    const { environments, global } = loadConfig();
    const drills = environments.flatMap((environment) => drillsOf(environment, global.buckets.terraformState));
    const texts: string[] = [];
    JSON.stringify(drills, (key, value: unknown) => {
      if (key === "command" && typeof value === "string") texts.push(value);
      return value;
    });
    const { commands, faults } = await looked(texts);
    expect(faults).toEqual([]);
    expect(commands).toBeGreaterThan(50);
  });

  it.each([
    ["aws rds describe-db-instance --query 'x'", "no operation describe-db-instance"],
    ["aws rdss describe-db-instances", "no service rdss"],
    ['aws rds describe-db-instances --db-instance "$(aws sts get-caller-identity)"', "no option --db-instance"],
    ["aws sqs purge-queue --region us-east-1 | grep --count x", "--queue-url is missing"],
    [
      "aws rds restore-db-instance-to-point-in-time --target-db-instance-identifier x --manage-master-user-password",
      "--manage-master-user-password is of another engine",
    ],
  ])("%s is told", async (command, fault) => {
    expect((await looked([command])).faults.map((text) => text.slice(text.lastIndexOf(": ") + 2))).toEqual([fault]);
  });
});
