import { loadConfig } from "../../../config/load";
import { deploymentFor } from "../../../stacks/deployment";
import { buildProgram } from "../../../stacks/program";
import { heldBy, notHeld, otherAccounts, worksIn } from "../../../tools/preflight/planned";
import { FakeAccount } from "./support";

const config = loadConfig();
const deployment = deploymentFor(config.global, {});
const { stacks } = buildProgram(config, deployment);
const named = (name: string) => stacks.filter(({ node }) => node.id === name);
const [dev] = config.environments;
const ids = { dev: dev?.account.id ?? "", global: config.global.account.id };

describe("the accounts that a stack works in", () => {
  it("have the role that reads, with the default of what names it", () => {
    expect(named("dev-stage1").flatMap((one) => otherAccounts(one, { id: ids.dev }))).toEqual([
      { id: ids.global, region: "us-east-1", roleArn: `arn:aws:iam::${ids.global}:role/opsdx-dns-delegation-dev-read` },
    ]);
    expect(named("global").flatMap((one) => otherAccounts(one, { id: ids.global }))).toContainEqual({
      ...{ id: ids.dev, region: "us-east-1" },
      roleArn: `arn:aws:iam::${ids.dev}:role/OrganizationAccountAccessRole`,
    });
    expect(named("dev-stage2").flatMap((one) => otherAccounts(one, { id: ids.dev }))).toEqual([]);
  });

  it("lead to all whose state may hold something there", () => {
    const here = stacks.filter((stack) => worksIn(stack, { id: ids.dev })).map(({ node }) => node.id);
    expect(here).toEqual(["global", "dev-stage1", "dev-stage2", "dev-stage3"]);
  });
});

it("what a state holds has its account and region from its provider, and is planned no more", async () => {
  const stack = named("dev-stage1");
  const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
  const [zone] = notHeld(stack, [], { id: ids.dev }).filter(({ type }) => type === "aws_route53_zone");
  const [record] = notHeld(stack, [], { id: ids.global }).filter(({ type }) => type === "aws_route53_record");
  const inState = (address = "", rest = {}) => {
    const [type = "", name = ""] = address.split(".");
    return { mode: "managed", type, name, provider, instances: [{ attributes: { id: "it" } }], ...rest };
  };
  const account = new FakeAccount({
    "s3 cp": {
      resources: [
        inState(zone?.address),
        inState(record?.address, { provider: `${provider}.apex` }),
        inState("aws_vpc.Data", { mode: "data" }),
      ],
    },
  });
  const held = await heldBy(stack, deployment, account);
  expect(held).toEqual([
    expect.objectContaining({
      address: zone?.address,
      accountId: ids.dev,
      region: "us-east-1",
      attributes: { id: "it" },
    }),
    expect.objectContaining({ address: record?.address, accountId: ids.global }),
  ]);
  const left = notHeld(stack, held, { id: ids.dev }).map(({ address }) => address);
  expect(left).not.toContain(zone?.address);
  expect(left.length).toBeGreaterThan(100);
});
