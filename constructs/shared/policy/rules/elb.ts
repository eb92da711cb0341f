import { HIPAA } from "../citations";
import { block, blocks, isTrue, text, type Block } from "../model";
import { resourceRule, type Rule } from "../rule";

/** Policies that accept nothing older than TLS 1.2. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html */
const MODERN_TLS = /^ELBSecurityPolicy-TLS13-1-[23]-|^ELBSecurityPolicy-TLS-1-2-/;

const isAlb = (body: Block): boolean => (body["load_balancer_type"] ?? "application") === "application";

const redirectsToHttps = (body: Block): boolean =>
  blocks(body, "default_action").some((action) => block(action, "redirect")["protocol"] === "HTTPS");

/** Rules on load balancers. */
export const elbRules: readonly Rule[] = [
  resourceRule({
    id: "ALBHttpDropInvalidHeaderEnabled",
    citation: HIPAA.encryptionInTransit,
    fix: "set drop_invalid_header_fields",
    types: ["aws_lb"],
    problem: ({ body }) =>
      isAlb(body) && !isTrue(body["drop_invalid_header_fields"]) ? "passes invalid headers on" : undefined,
  }),
  resourceRule({
    id: "ALBHttpToHttpsRedirection",
    citation: HIPAA.encryptionInTransit,
    fix: "redirect to HTTPS in the default action",
    types: ["aws_lb_listener"],
    problem: ({ body }) => (body["protocol"] === "HTTP" && !redirectsToHttps(body) ? "serves plain HTTP" : undefined),
  }),
  resourceRule({
    id: "ELBTargetGroupEncrypted",
    citation: HIPAA.encryptionInTransit,
    fix: "speak HTTPS to the targets",
    types: ["aws_lb_target_group"],
    problem: ({ body }) => (body["protocol"] === "HTTP" ? "speaks plain HTTP to its targets" : undefined),
  }),
  resourceRule({
    id: "ELBLoggingEnabled",
    citation: HIPAA.audit,
    fix: "enable access_logs",
    types: ["aws_lb", "aws_elb"],
    problem: ({ type, body }) => {
      const logs = block(body, "access_logs");
      return logs["bucket"] !== undefined && isTrue(logs["enabled"] ?? type === "aws_elb")
        ? undefined
        : "keeps no access log";
    },
  }),
  resourceRule({
    id: "ELBDeletionProtectionEnabled",
    citation: HIPAA.availability,
    fix: "set enable_deletion_protection",
    types: ["aws_lb"],
    problem: ({ body }) => (isTrue(body["enable_deletion_protection"]) ? undefined : "can be deleted"),
  }),
  resourceRule({
    id: "ELBInternal",
    citation: HIPAA.noPublicAccess,
    fix: "make it internal: people reach what is theirs through Session Manager (npx opsdx open)",
    types: ["aws_lb", "aws_elb"],
    problem: ({ body }) => (isTrue(body["internal"]) ? undefined : "faces the internet"),
  }),
  resourceRule({
    id: "ELBTlsHttpsListenersOnly",
    citation: HIPAA.encryptionInTransit,
    fix: "use https or ssl on both sides of every listener",
    types: ["aws_elb"],
    problem: ({ body }) =>
      blocks(body, "listener").every(({ lb_protocol, instance_protocol }) => {
        const sides = [lb_protocol, instance_protocol].map((protocol) => String(protocol).toLowerCase());
        return sides[0] === sides[1] && ["https", "ssl"].includes(String(sides[0]));
      })
        ? undefined
        : "has a listener without TLS",
  }),
  resourceRule({
    id: "ELBv2ACMCertificateRequired",
    citation: HIPAA.encryptionAtRest,
    fix: "set certificate_arn to a certificate of ACM",
    types: ["aws_lb_listener"],
    problem: ({ body }) =>
      body["certificate_arn"] === undefined && !redirectsToHttps(body) ? "has no certificate" : undefined,
  }),
  resourceRule({
    id: "ListenerTls12OrLater",
    citation: HIPAA.encryptionInTransit,
    fix: "set ssl_policy to ELBSecurityPolicy-TLS13-1-2-2021-06 or a stricter one",
    types: ["aws_lb_listener"],
    problem: ({ body }) =>
      ["HTTPS", "TLS"].includes(String(body["protocol"])) && !MODERN_TLS.test(String(body["ssl_policy"]))
        ? `accepts ciphers of ${text(body["ssl_policy"]) || "the default policy"}`
        : undefined,
  }),
];
