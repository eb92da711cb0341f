import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Testing } from "../../../constructs/shared/cdktf";
import { acknowledge } from "../../../constructs/shared/policy/acknowledge";
import { RULES } from "../../../constructs/shared/policy/policy";
import { BaseStack } from "../../../stacks/base-stack";
import { openFindings, policyPage, policyReport, terminalReport, type StackReport } from "../../../tools/policy/report";
import { TEST_ACCOUNT } from "../../support";

const REASON = "accepted here because this is only a test";

function report(stacks: Readonly<Record<string, (stack: BaseStack) => void>>): StackReport[] {
  const app = Testing.app();
  const deployment = { kind: "cloud", stateBucket: "state", stateAccount: TEST_ACCOUNT } as const;
  return policyReport(
    Object.entries(stacks).map(([id, build]) => {
      const stack = new BaseStack(app, id, { owner: "test", account: TEST_ACCOUNT, deployment });
      build(stack);
      return stack;
    }),
  );
}

/** Accepts the alarms that a topic lacks. */
function withoutAlarms(topic: SnsTopic): void {
  for (const metric of ["NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed"]) {
    acknowledge(topic, `RecommendedAlarm[AWS/SNS ${metric}]`, REASON);
  }
}
const acknowledged = (stack: BaseStack): void => {
  const topic = new SnsTopic(stack, "Topic", {});
  acknowledge(topic, "SNSEncryptedKMS", REASON);
  acknowledge(topic, "SNSTopicSSLPublishOnly", REASON);
  withoutAlarms(topic);
};
const open = (stack: BaseStack): void => {
  const topic = new SnsTopic(stack, "Topic", { kmsMasterKeyId: "k" });
  withoutAlarms(topic);
};
const stale = (stack: BaseStack): void => {
  acknowledge(stack, "SQSQueueEncryptedKMS", REASON);
};

describe("terminalReport", () => {
  const reports = report({
    "dev-stage1": acknowledged,
    "dev-stage2": open,
    "dev-stage3": stale,
    global: () => undefined,
  });
  const text = terminalReport(reports);

  test("shows every finding with its ground and its reason", () => {
    expect(text).toMatch(/dev-stage1 \(1 resources\)/);
    expect(text).toMatch(
      /│ SNSEncryptedKMS +│ Topic +│ HIPAA 164.312\(a\)\(2\)\(iv\), +│ accepted here because this is only a test +│/,
    );
  });

  test("shows what is open, and what covers nothing", () => {
    expect(text).toMatch(/SNSTopicSSLPublishOnly .*open: does not deny plain HTTP/);
    expect(text).toMatch(/SQSQueueEncryptedKMS .*covers nothing: remove the acknowledgement/);
    expect(openFindings(reports).map(({ path }) => path)).toEqual(["dev-stage2/Topic"]);
  });

  test("shows which of a rule's findings is accepted", () => {
    expect(text).toMatch(
      /│ RecommendedAlarm\[AWS\/SNS +│ Topic +│ https.* │ accepted here because this is only a test +│/,
    );
  });

  test("counts", () => {
    expect(text).toContain("global (0 resources)\nno findings");
    expect(text).toContain(`${RULES.length} rules over 2 resources: 8 findings acknowledged, 1 open.`);
  });
});

describe("policyPage", () => {
  test("folds the environments that share an acknowledgement, and only those", () => {
    const both = policyPage(report({ "dev-stage1": acknowledged, "prod-stage1": acknowledged }), ["dev", "prod"]);
    expect(both).toContain(`| \`SNSEncryptedKMS\` | \`<env>-stage1/Topic\` | 2 | ${REASON} |`);
    const one = policyPage(report({ "dev-stage1": acknowledged, "prod-stage1": () => undefined }), ["dev", "prod"]);
    expect(one).toContain(`| \`SNSEncryptedKMS\` | \`dev-stage1/Topic\` | 1 | ${REASON} |`);
  });

  test("has a chapter for open findings and stale acknowledgements only when there are some", () => {
    const clean = policyPage(report({ global: () => undefined }), ["dev"]);
    expect(clean).toContain("## Accepted findings\n\nNone.");
    expect(clean).not.toMatch(/## Open|covers? nothing/);
    const unclean = policyPage(report({ one: open, two: stale }), ["dev"]);
    expect(unclean).toContain("| `SNSTopicSSLPublishOnly` | `one/Topic` | does not deny plain HTTP |");
    expect(unclean).toContain(`| \`SQSQueueEncryptedKMS\` | \`two\` | ${REASON} |`);
  });

  test("lists every rule", () => {
    const page = policyPage([], []);
    expect(RULES.filter(({ id }) => !page.includes(`| \`${id}\` |`))).toEqual([]);
  });
});
