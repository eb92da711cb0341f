import * as fc from "fast-check";
import { ENTRANCE_SERVICES } from "../../../../config/entrance";
import { redashSchema } from "../../../../config/schema/redash";
import { SERVICE_NODE_PORTS, WEB_NODE_PORT } from "../../../../constructs/shared/network/ports";
import { SecurityGroups } from "../../../../constructs/stage1/core/security-groups";
import {
  portLabel,
  portRange,
  SECURITY_MATRIX,
  SECURITY_ROLES,
  type Peer,
  type SecurityRole,
  type SecurityRule,
} from "../../../../constructs/shared/network/security-matrix";
import { synth, type Synthesized } from "../../../support";

interface Built {
  readonly stack: Synthesized;
  readonly groupOf: (role: SecurityRole) => string;
}

function build(matrix?: readonly SecurityRule[]): Built {
  const stack = synth((scope) => {
    new SecurityGroups(scope, "SecurityGroups", {
      namePrefix: "opsdx-dev",
      vpcId: "vpc-1",
      vpcCidr: "10.0.0.0/16",
      matrix,
    });
  });
  const groupOf = (role: SecurityRole): string =>
    `\${${stack.one("aws_security_group", { description: SECURITY_ROLES[role] }).address}.id}`;
  return { stack, groupOf };
}

const ROLES = Object.keys(SECURITY_ROLES) as SecurityRole[];
const line = (from: Peer, to: Peer, ports: SecurityRule["ports"] = 443, why = "Test"): SecurityRule => ({
  from,
  to,
  protocol: "tcp",
  ports,
  why,
});

/** Rules on a role's group, as `port peer`. */
function rulesOn({ stack, groupOf }: Built, side: "ingress" | "egress", role: SecurityRole): string[] {
  const names = new Map(ROLES.map((name) => [groupOf(name), name]));
  return stack
    .ofType(`aws_vpc_security_group_${side}_rule`)
    .filter(({ body }) => body["security_group_id"] === groupOf(role))
    .map(({ body }) => {
      const peer = names.get(String(body["referenced_security_group_id"])) ?? String(body["cidr_ipv4"]);
      return `${String(body["ip_protocol"])} ${String(body["from_port"])}-${String(body["to_port"])} ${peer}`;
    })
    .sort();
}

describe("the matrix", () => {
  it("names each connection once", () => {
    const keys = SECURITY_MATRIX.map((rule) => `${rule.from} ${rule.to} ${portLabel(rule)}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("lets the internet in to the web load balancer only", () => {
    expect(SECURITY_MATRIX.filter(({ from }) => from === "internet").map(({ to, ports }) => [to, ports])).toEqual([
      ["webLoadBalancer", 443],
      ["webLoadBalancer", 80],
    ]);
  });

  it("lets the entrance in at the port of each of its services", () => {
    const open = SECURITY_MATRIX.filter(({ from, to }) => from === "entrance" && to === "services");
    expect(open.map(({ ports }) => ports)).toEqual(ENTRANCE_SERVICES.map((name) => SERVICE_NODE_PORTS[name]).sort());
  });

  it("lets mail of Redash out by the ports that its settings take, and nobody else's", () => {
    const options = [...redashSchema.shape.mail.unwrap().shape.port.values];
    expect(
      SECURITY_MATRIX.filter(({ ports }) => options.some((port) => port === ports)).map(({ from, ports }) => [
        from,
        ports,
      ]),
    ).toEqual(options.map((port) => ["services", port]));
  });

  it("gives every role a part", () => {
    const named = new Set(SECURITY_MATRIX.flatMap(({ from, to }) => [from, to]));
    expect(ROLES.filter((role) => !named.has(role))).toEqual([]);
  });

  it("writes ports as people do", () => {
    expect(portLabel({ protocol: "tcp", ports: 443 })).toBe("tcp 443");
    expect(portLabel({ protocol: "udp", ports: [8000, 8010] })).toBe("udp 8000-8010");
    expect(portRange({ ports: [1, 2] })).toEqual([1, 2]);
  });
});

describe("SecurityGroups", () => {
  const built = build();

  it("makes a named group for each role, without inline rules", () => {
    const groups = built.stack.ofType("aws_security_group");
    expect(groups).toHaveLength(ROLES.length);
    expect(groups.map(({ body }) => body["name"])).toEqual(
      expect.arrayContaining(["opsdx-dev-web-load-balancer", "opsdx-dev-node", "opsdx-dev-db", "opsdx-dev-nfs"]),
    );
    for (const { body } of groups) {
      expect(body).toMatchObject({ vpc_id: "vpc-1" });
      expect(body).not.toHaveProperty("ingress");
      expect(body).not.toHaveProperty("egress");
    }
  });

  it("closes the default group", () => {
    const { body } = built.stack.one("aws_default_security_group", { vpc_id: "vpc-1" });
    expect(body).not.toHaveProperty("ingress");
    expect(body).not.toHaveProperty("egress");
  });

  it.each<[SecurityRole, string[], string[]]>([
    [
      "webLoadBalancer",
      ["tcp 443-443 0.0.0.0/0", "tcp 80-80 0.0.0.0/0"],
      [`tcp ${WEB_NODE_PORT}-${WEB_NODE_PORT} node`],
    ],
    [
      "entrance",
      ["tcp 443-443 controller", "tcp 443-443 services"],
      [30300, 30500, 30800, 30889].map((port) => `tcp ${port}-${port} services`),
    ],
    [
      "services",
      [30300, 30500, 30800, 30889].map((port) => `tcp ${port}-${port} entrance`),
      ["tcp 30909-30909 node", "tcp 443-443 entrance", "tcp 465-465 0.0.0.0/0", "tcp 587-587 0.0.0.0/0"],
    ],
    ["db", ["tcp 5432-5432 controller", "tcp 5432-5432 monitor", "tcp 5432-5432 node"], []],
    ["nfs", ["tcp 2049-2049 controller", "tcp 2049-2049 node"], []],
    ["cache", ["tcp 6379-6379 node"], []],
    ["endpoints", ["tcp 443-443 10.0.0.0/16"], []],
    ["launcher", [], ["tcp 443-443 api", "tcp 443-443 endpoints"]],
    ["monitor", [], ["tcp 443-443 endpoints", "tcp 5432-5432 db"]],
    ["builds", [], ["tcp 443-443 0.0.0.0/0", "tcp 443-443 api", "tcp 443-443 endpoints", "tcp 80-80 0.0.0.0/0"]],
    [
      "api",
      [
        "tcp 443-443 builds",
        "tcp 443-443 controller",
        "tcp 443-443 launcher",
        "tcp 443-443 node",
        "tcp 443-443 runner",
      ],
      [],
    ],
    [
      "controller",
      [],
      [
        "tcp 2049-2049 nfs",
        "tcp 443-443 0.0.0.0/0",
        "tcp 443-443 api",
        "tcp 443-443 endpoints",
        "tcp 443-443 entrance",
        "tcp 5432-5432 db",
      ],
    ],
  ])("opens for %s what the matrix says and nothing else", (role, ingress, egress) => {
    expect(rulesOn(built, "ingress", role)).toEqual(ingress);
    expect(rulesOn(built, "egress", role)).toEqual(egress);
  });

  it("names a rule's address by its ends and port, and says what it is for", () => {
    const paths = built.stack.resources.map(({ path }) => path);
    expect(paths).toContain("test/SecurityGroups/EgressNodeToDbTcp5432");
    expect(paths).toContain("test/SecurityGroups/IngressNodeToDbTcp5432");
    for (const { body } of built.stack.ofType("aws_vpc_security_group_ingress_rule")) {
      expect(String(body["description"])).not.toBe("");
    }
  });

  it("acknowledges the public front door, with a reason, and breaks no other rule", () => {
    const findings = built.stack.findings();
    expect(findings.map(({ rule, path }) => [rule, path.split("/").at(-1)])).toEqual([
      ["SecurityGroupNoOpenIngress", "IngressInternetToWebLoadBalancerTcp443"],
      ["SecurityGroupNoOpenIngress", "IngressInternetToWebLoadBalancerTcp80"],
    ]);
    for (const { acknowledged } of findings) expect(acknowledged).toContain("web ACL");
  });

  it("opens a range of ports under an address of its own", () => {
    const { stack } = build([line("node", "db", [8000, 8010])]);
    const { body, path } = stack.one("aws_vpc_security_group_ingress_rule");
    expect(body).toMatchObject({ from_port: 8000, to_port: 8010, ip_protocol: "tcp" });
    expect(path).toBe("test/SecurityGroups/IngressNodeToDbTcp8000To8010");
  });

  it("makes an egress and an ingress rule for each line, and none changes another's address", () => {
    const lines = fc.uniqueArray(
      fc.record({
        from: fc.constantFrom(...ROLES),
        to: fc.constantFrom(...ROLES),
        port: fc.integer({ min: 1, max: 65535 }),
      }),
      { selector: ({ from, to, port }) => `${from} ${to} ${port}`, minLength: 1, maxLength: 8 },
    );
    const rulesOf = (matrix: readonly SecurityRule[]): string[] =>
      build(matrix)
        .stack.resources.filter(({ type }) => type.endsWith("gress_rule"))
        .map(({ address }) => address);
    fc.assert(
      fc.property(lines, (generated) => {
        const matrix = generated.map(({ from, to, port }) => line(from, to, port));
        const addresses = rulesOf(matrix);
        expect(new Set(addresses).size).toBe(2 * matrix.length);
        expect(addresses).toEqual(expect.arrayContaining(rulesOf(matrix.slice(1))));
      }),
      { numRuns: 15 },
    );
  });

  it("refuses a connection named twice", () => {
    expect(() => build([line("node", "db"), line("node", "db", 443, "Other")])).toThrow(
      "test/SecurityGroups: matrix must name a connection once, got NodeToDbTcp443 twice",
    );
  });

  it.each(["", "can't", "node → db", "x".repeat(256)])("refuses the reason %j, which AWS would", (why) => {
    expect(() => build([line("node", "db", 443, why)])).toThrow("why must be a description that AWS takes, got");
  });
});
