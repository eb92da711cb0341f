import { Elb } from "@cdktf/provider-aws/lib/elb";
import { Lb, type LbConfig } from "@cdktf/provider-aws/lib/lb";
import { LbListener, type LbListenerConfig } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { elbRules } from "../../../../../constructs/shared/policy/rules/elb";
import { testRules, type Build } from "./support";

const lb =
  (changes: Partial<LbConfig> = {}): Build =>
  (stack) =>
    new Lb(stack, "Bad", {
      dropInvalidHeaderFields: true,
      enableDeletionProtection: true,
      accessLogs: { bucket: "logs", enabled: true },
      ...changes,
    });

const listener =
  (changes: Partial<LbListenerConfig> = {}): Build =>
  (stack) =>
    new LbListener(stack, "Bad", {
      loadBalancerArn: "arn",
      protocol: "HTTPS",
      certificateArn: "arn",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      defaultAction: [{ type: "forward", targetGroupArn: "arn" }],
      ...changes,
    });
const redirect = listener({
  protocol: "HTTP",
  certificateArn: undefined,
  sslPolicy: undefined,
  defaultAction: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
});

const classic =
  (lbProtocol: string, instanceProtocol: string): Build =>
  (stack) =>
    new Elb(stack, "Bad", {
      accessLogs: { bucket: "logs" },
      listener: [{ lbPort: 443, lbProtocol, instancePort: 443, instanceProtocol }],
    });

const targets =
  (protocol: string): Build =>
  (stack) =>
    new LbTargetGroup(stack, "Bad", { port: 30080, protocol, vpcId: "vpc" });

testRules(elbRules, {
  ELBTargetGroupEncrypted: {
    accepts: { HTTPS: targets("HTTPS"), "TCP, which carries TLS through": targets("TCP") },
    refuses: { HTTP: ["speaks plain HTTP to its targets", targets("HTTP")] },
  },
  ALBHttpDropInvalidHeaderEnabled: {
    accepts: {
      "a strict one": lb(),
      "a network one, which sees no headers": lb({ loadBalancerType: "network", dropInvalidHeaderFields: undefined }),
    },
    refuses: { "a lax one": ["passes invalid headers on", lb({ dropInvalidHeaderFields: undefined })] },
  },
  ALBHttpToHttpsRedirection: {
    accepts: { HTTPS: listener(), "a redirection": redirect },
    refuses: {
      "plain HTTP": ["serves plain HTTP", listener({ protocol: "HTTP" })],
      "a redirection to HTTP": [
        "serves plain HTTP",
        listener({
          protocol: "HTTP",
          defaultAction: [{ type: "redirect", redirect: { port: "8080", statusCode: "HTTP_301" } }],
        }),
      ],
    },
  },
  ELBLoggingEnabled: {
    accepts: { "a logged one": lb(), "a classic one, logged by default": classic("https", "https") },
    refuses: {
      "no logs": ["keeps no access log", lb({ accessLogs: undefined })],
      "logs switched off": ["keeps no access log", lb({ accessLogs: { bucket: "logs" } })],
    },
  },
  ELBDeletionProtectionEnabled: {
    accepts: { "a protected one": lb() },
    refuses: { "an unprotected one": ["can be deleted", lb({ enableDeletionProtection: false })] },
  },
  ELBInternal: {
    accepts: {
      "an internal one": lb({ internal: true }),
      "an internal one of the network": lb({ internal: true, loadBalancerType: "network" }),
    },
    refuses: {
      "a public one": ["faces the internet", lb({ internal: false })],
      "one that says nothing, which AWS makes public": ["faces the internet", lb()],
      "a public one of the network": ["faces the internet", lb({ loadBalancerType: "network" })],
    },
  },
  ELBTlsHttpsListenersOnly: {
    accepts: { "HTTPS on both sides": classic("HTTPS", "HTTPS"), "SSL on both sides": classic("ssl", "ssl") },
    refuses: {
      HTTP: ["has a listener without TLS", classic("http", "http")],
      "HTTPS that ends at the load balancer": ["has a listener without TLS", classic("https", "http")],
    },
  },
  ELBv2ACMCertificateRequired: {
    accepts: { "a certificate": listener(), "a redirection": redirect },
    refuses: { none: ["has no certificate", listener({ protocol: "TCP", certificateArn: undefined })] },
  },
  ListenerTls12OrLater: {
    accepts: {
      "TLS 1.2 and 1.3": listener(),
      "restricted ciphers": listener({ sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06" }),
      "a redirection": redirect,
    },
    refuses: {
      "the default": ["accepts ciphers of the default policy", listener({ sslPolicy: undefined })],
      "TLS 1.0": [
        "accepts ciphers of ELBSecurityPolicy-2016-08",
        listener({ protocol: "TLS", sslPolicy: "ELBSecurityPolicy-2016-08" }),
      ],
    },
  },
});
