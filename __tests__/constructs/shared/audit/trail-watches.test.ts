import fc from "fast-check";
import { TrailWatches, filterPattern, insightsFilter } from "../../../../constructs/shared/audit/trail-watches";
import type { CisControl } from "../../../../constructs/shared/audit/trail-watch";
import { CI_PLAN_ROLE, ciApplyRole } from "../../../../config/names";
import { ownWatches } from "../../../../constructs/shared/audit/own-watches";
import { CIS_CONTROLS } from "../../../../constructs/shared/audit/cis-controls";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { stepText, synth, type Synthesized } from "../../../support";
import { monitoringIn } from "../observability/fixture";
import { matches, type TrailEvent } from "./filter-pattern";

let steps: Map<string, readonly string[]>;

function build(): Synthesized {
  return synth((stack) => {
    const monitoring = monitoringIn(stack);
    const logGroup = new LogGroup(stack, "Logs", { monitoring, name: "opsdx-test-cloudtrail", audit: true });
    const { alarms } = new TrailWatches(stack, "Cis", {
      accountId: "123456789012",
      monitoring,
      logGroup,
      watches: CIS_CONTROLS,
    });
    steps = new Map(
      alarms.map(({ node }) => {
        const facts = node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as AlarmFacts;
        return [facts.name, facts.steps.map(stepText)];
      }),
    );
  });
}

const control = (id: string): CisControl => {
  const found = CIS_CONTROLS.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no control ${id}`);
  return found;
};

const signIn: TrailEvent = {
  eventName: "ConsoleLogin",
  eventSource: "signin.amazonaws.com",
  userIdentity: { type: "IAMUser" },
  additionalEventData: { MFAUsed: "No" },
  responseElements: { ConsoleLogin: "Success" },
};

describe("the fifteen CIS controls", () => {
  let stack: Synthesized;
  beforeAll(() => {
    stack = build();
  });

  it("covers sections 4.1 to 4.15, each once", () => {
    expect(CIS_CONTROLS.map(({ section }) => section)).toEqual(Array.from({ length: 15 }, (_, n) => `4.${n + 1}`));
    expect(new Set(CIS_CONTROLS.map(({ id }) => id)).size).toBe(15);
    expect(new Set(CIS_CONTROLS.map(({ name }) => name)).size).toBe(15);
  });

  it.each(CIS_CONTROLS)(
    "$name: filter, metric, alarm and saved query belong together",
    ({ id, name, severity, threshold }) => {
      const filter = stack.one("aws_cloudwatch_log_metric_filter", { name });
      expect(filter.body["log_group_name"]).toBe(`\${${stack.one("aws_cloudwatch_log_group").address}.name}`);
      expect(filter.body["metric_transformation"]).toEqual({
        namespace: "OpsDX/Audit",
        name: id,
        value: "1",
        default_value: "0",
      });
      const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${name}` });
      expect(body).toMatchObject({
        namespace: "OpsDX/Audit",
        metric_name: id,
        statistic: "Sum",
        comparison_operator: "GreaterThanOrEqualToThreshold",
        threshold: threshold ?? 1,
        period: 300,
        evaluation_periods: 1,
        treat_missing_data: "notBreaching",
      });
      expect(JSON.stringify(body["alarm_actions"])).toContain(severity === "page" ? "PageTopic" : "TicketTopic");
      expect(
        stack.one("aws_cloudwatch_query_definition", { name: `opsdx-test/audit/${name}` }).body["query_string"],
      ).toContain(insightsFilter(control(id)));
    },
  );

  it.each(CIS_CONTROLS)("$name fits CloudWatch's 1024 characters and is well formed", (item) => {
    expect(filterPattern(item).length).toBeLessThanOrEqual(1024);
    expect(matches(filterPattern(item), { eventName: "DescribeInstances", eventSource: "ec2.amazonaws.com" })).toBe(
      false,
    );
  });

  it.each(CIS_CONTROLS)("$name leads to the events first, with the environment's own names", ({ name }) => {
    const [first, ...rest] = steps.get(name) ?? [];
    expect(first).toContain(`opsdx-test/audit/${name}`);
    expect(first).toMatch(/aws cloudtrail lookup-events --lookup-attributes AttributeKey=\w+,AttributeValue=\S+ /);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.join(" ")).not.toContain("<env>");
    expect(rest.some((step) => /(^| )(aws|npx) /.test(step))).toBe(true);
    for (const step of [first ?? "", ...rest]) expect(step.split("`").length % 2).toBe(1);
  });

  it("pages for root, for the trail and for keys, and for nothing else", () => {
    expect(CIS_CONTROLS.filter(({ severity }) => severity === "page").map(({ id }) => id)).toEqual([
      "RootUse",
      "CloudTrailChanges",
      "KeyDisabledOrDeleted",
    ]);
  });
});

describe("filter patterns", () => {
  const byName = CIS_CONTROLS.flatMap(({ id, match }) =>
    "names" in match ? match.names.map((name) => ({ id, name, source: match.source })) : [],
  );

  it.each(byName)("$id counts $name", ({ id, name, source }) => {
    const event = { eventName: name, eventSource: source ?? "anything.amazonaws.com" };
    expect(matches(filterPattern(control(id)), event)).toBe(true);
    expect(insightsFilter(control(id))).toContain(`"${name}"`);
  });

  it("counts a name of another service only where the control names no service", () => {
    const elsewhere = { eventName: "DisableKey", eventSource: "other.amazonaws.com" };
    expect(matches(filterPattern(control("KeyDisabledOrDeleted")), elsewhere)).toBe(false);
    expect(matches(filterPattern(control("IamChanges")), { eventName: "PutRolePolicy", eventSource: "x" })).toBe(true);
  });

  it("counts no name outside its list, whatever it is", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CIS_CONTROLS), fc.stringMatching(/^[A-Z][A-Za-z]{3,20}$/), (item, name) => {
        const { match } = item;
        fc.pre("names" in match && !match.names.includes(name));
        const source = "names" in match ? match.source : undefined;
        expect(matches(filterPattern(item), { eventName: name, eventSource: source ?? "x" })).toBe(false);
      }),
    );
  });

  it.each([
    ["Client.UnauthorizedOperation", true],
    ["AccessDenied", true],
    ["AccessDeniedException", true],
    ["ThrottlingException", false],
  ])("unauthorized calls: errorCode %s is %s", (errorCode, expected) => {
    expect(matches(filterPattern(control("UnauthorizedApiCalls")), { errorCode })).toBe(expected);
  });

  it.each([
    ["a password alone", signIn, true],
    ["MFA", { ...signIn, additionalEventData: { MFAUsed: "Yes" } }, false],
    ["a failure", { ...signIn, responseElements: { ConsoleLogin: "Failure" } }, false],
    ["a federated user", { ...signIn, userIdentity: { type: "AssumedRole" } }, false],
  ])("sign-in without MFA: %s", (_, event, expected) => {
    expect(matches(filterPattern(control("ConsoleSignInWithoutMfa")), event)).toBe(expected);
  });

  it.each([
    ["root at work", { eventType: "AwsApiCall", userIdentity: { type: "Root" } }, true],
    ["a service in root's name", { eventType: "AwsApiCall", userIdentity: { type: "Root", invokedBy: "s3" } }, false],
    ["a service event", { eventType: "AwsServiceEvent", userIdentity: { type: "Root" } }, false],
    ["a role", { eventType: "AwsApiCall", userIdentity: { type: "AssumedRole" } }, false],
  ])("root use: %s", (_, event, expected) => {
    expect(matches(filterPattern(control("RootUse")), event)).toBe(expected);
  });

  it("counts failed console sign-ins only", () => {
    const pattern = filterPattern(control("ConsoleSignInFailures"));
    expect(matches(pattern, { ...signIn, errorMessage: "Failed authentication" })).toBe(true);
    expect(matches(pattern, signIn)).toBe(false);
  });
});

describe("CIS 4.1", () => {
  it("is Security Hub's own pattern, or it would fail its control; only the alarm waits for many", () => {
    const { threshold } = control("UnauthorizedApiCalls");
    expect(filterPattern(control("UnauthorizedApiCalls"))).toBe(
      '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    );
    expect(CIS_CONTROLS.filter((item) => item.threshold !== undefined).map(({ id }) => id)).toEqual([
      "UnauthorizedApiCalls",
    ]);
    expect(threshold).toBe(50);
  });
});

describe("what is watched beyond CIS", () => {
  const [denied, removed, elsewhere] = ownWatches(["us-west-2", "us-east-1"]);
  const by = (userName?: string, errorCode = "AccessDenied"): TrailEvent => ({
    errorCode,
    userIdentity: userName === undefined ? { type: "IAMUser" } : { sessionContext: { sessionIssuer: { userName } } },
  });

  it.each([
    ["a program's role", by("opsdx-dev-etl-launcher"), true],
    ["an IAM user", by(), true],
    ["a refused sign-in of a workflow", { errorCode: "AccessDenied", userIdentity: { type: "WebIdentityUser" } }, true],
    ["CI that plans", by(CI_PLAN_ROLE), false],
    ["CI that applies", by(ciApplyRole("prod"), "Client.UnauthorizedOperation"), false],
    ["a service's own role", by("AWSServiceRoleForConfig"), false],
    ["a call that was only too early", by("opsdx-dev-etl-launcher", "ThrottlingException"), false],
  ])("denied calls of %s: %s", (_, event, expected) => {
    expect(denied === undefined ? undefined : matches(filterPattern(denied), event)).toBe(expected);
  });

  const made: TrailEvent = {
    eventType: "AwsApiCall",
    eventName: "RunInstances",
    readOnly: false,
    awsRegion: "ap-southeast-1",
    userIdentity: { type: "AssumedRole" },
  };
  it.each([
    ["a machine made", made, true],
    ["a look around", { ...made, readOnly: true }, false],
    ["a refused call", { ...made, errorCode: "Client.UnauthorizedOperation" }, false],
    ["a service in somebody's name", { ...made, userIdentity: { invokedBy: "autoscaling.amazonaws.com" } }, false],
    ["a sign-in, which any region may take", { ...made, eventType: "AwsConsoleSignIn" }, false],
    ["work in the home region", { ...made, awsRegion: "us-east-1" }, false],
    ["work in the copies' region", { ...made, awsRegion: "us-west-2" }, false],
  ])("other regions: %s is %s", (_, event, expected) => {
    expect(elsewhere === undefined ? undefined : matches(filterPattern(elsewhere), event)).toBe(expected);
  });

  it.each([
    ["DeleteRecoveryPoint", "AccessDenied", true],
    ["DeleteBackupVaultLockConfiguration", undefined, true],
    ["PutBackupVaultAccessPolicy", undefined, true],
    ["BackupDeleted", undefined, false],
    ["StartCopyJob", undefined, false],
  ])("backups: %s (%s) is %s", (eventName, errorCode, expected) => {
    const event = { eventSource: "backup.amazonaws.com", eventName, ...(errorCode && { errorCode }) };
    expect(removed === undefined ? undefined : matches(filterPattern(removed), event)).toBe(expected);
    expect(removed?.severity).toBe("page");
  });

  it("counts calls to global services, which stand in us-east-1, as ours wherever we live", () => {
    const [, , abroad] = ownWatches(["eu-west-1"]);
    expect(abroad?.match).toMatchObject({
      pattern: expect.stringContaining('($.awsRegion != "eu-west-1") && ($.awsRegion != "us-east-1")') as string,
    });
  });

  it("fits CloudWatch's 1024 characters", () => {
    for (const watch of [denied, elsewhere]) {
      expect(watch === undefined ? Infinity : filterPattern(watch).length).toBeLessThanOrEqual(1024);
    }
  });
});
