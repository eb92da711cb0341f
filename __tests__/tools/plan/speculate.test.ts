import fc from "fast-check";
import {
  changesOutput,
  outputsRead,
  speculate,
  speculationOf,
  UNKNOWN_ADDRESS,
  withoutUnknownResource,
  type Upstreams,
} from "../../../tools/plan/speculate";
import type { TerraformPlan } from "../../../tools/plan/terraform-plan";

const UNKNOWN = "${jsondecode(terraform_data.opsdx_unknown.id)}";

const stage3 = {
  data: {
    terraform_remote_state: {
      Stage1State: { backend: "s3", config: { key: "dev/dev-stage1.tfstate" } },
      GlobalState: { backend: "s3", config: { key: "global/global.tfstate" } },
    },
  },
  resource: {
    aws_security_group: {
      Web: {
        vpc_id: "${data.terraform_remote_state.Stage1State.outputs.core.vpcId}",
        name: "${data.terraform_remote_state.GlobalState.outputs.names.web}",
      },
    },
  },
};

const upstreams: Upstreams = new Map([
  [
    "Stage1State",
    {
      stack: "dev-stage1",
      outputs: {
        core: {
          after: { cidr: "10.0.0.0/16", text: "a ${b} %{c}", subnetIds: ["subnet-1", null] },
          after_unknown: { vpcId: true, subnetIds: [false, true] },
        },
        dns: { after_unknown: true },
      },
    },
  ],
]);

describe("speculate", () => {
  const json = speculate(stage3, upstreams);

  it("reads what upstream will put out in place of its state, and the states of the others as they are", () => {
    expect(json["resource"]).toMatchObject({
      aws_security_group: {
        Web: {
          vpc_id: "${local.upstream_Stage1State.core.vpcId}",
          name: "${data.terraform_remote_state.GlobalState.outputs.names.web}",
        },
      },
      terraform_data: { opsdx_unknown: {} },
    });
    expect(json["data"]).toEqual({
      terraform_remote_state: { GlobalState: stage3.data.terraform_remote_state.GlobalState },
    });
  });

  it("writes out what is known, escaped, and leaves unknown what is not", () => {
    expect(json["locals"]).toEqual({
      upstream_Stage1State: {
        core: {
          cidr: "10.0.0.0/16",
          text: "a $${b} %%{c}",
          subnetIds: ["subnet-1", UNKNOWN],
          vpcId: UNKNOWN,
        },
        dns: UNKNOWN,
      },
    });
  });

  it("keeps what is sensitive sensitive", () => {
    const secret = { after: { key: 'a"b' }, after_sensitive: { key: true }, after_unknown: {} };
    const { locals } = speculate(stage3, new Map([["Stage1State", { stack: "s", outputs: { secret } }]]));
    expect(locals).toEqual({ upstream_Stage1State: { secret: { key: '${sensitive("a\\"b")}' } } });
  });

  it("changes nothing without an upstream that changes", () => {
    expect(speculate(stage3, new Map())).toBe(stage3);
  });

  it("never makes a value of what is unknown, nor an unknown of a value", () => {
    const leaf = fc.oneof(
      fc.record({ value: fc.oneof(fc.string(), fc.constantFrom("${a}", "$${b}", "%{c}"), fc.integer(), fc.boolean()) }),
      fc.constant("unknown" as const),
    );
    type Tree = string | { value: unknown } | readonly Tree[] | { readonly [key: string]: Tree };
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("tree")), fc.dictionary(fc.string(), tie("tree"))),
    }));
    const isLeaf = (node: Tree): node is { value: unknown } =>
      typeof node === "object" &&
      Object.keys(node).join() === "value" &&
      typeof (node as { value: unknown }).value !== "object";
    const part = (node: Tree, of: (leaf: { value: unknown } | string) => unknown): unknown => {
      if (typeof node === "string" || isLeaf(node)) return of(node);
      if (Array.isArray(node)) return (node as readonly Tree[]).map((item) => part(item, of));
      return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, part(item, of)]));
    };
    fc.assert(
      fc.property(tree, (node) => {
        const after = part(node, (one) => (typeof one === "string" ? null : one.value));
        const unknown = part(node, (one) => typeof one === "string");
        const outputs = { out: { after, after_unknown: unknown } };
        const { locals } = speculate(stage3, new Map([["Stage1State", { stack: "s", outputs }]]));
        const found = (locals as { upstream_Stage1State: { out: unknown } }).upstream_Stage1State.out;
        // What Terraform reads: templates evaluated, the unknown one aside.
        const read = (value: unknown): unknown => {
          if (value === UNKNOWN) return "unknown";
          if (typeof value === "string") return { value: value.replaceAll("$${", "${").replaceAll("%%{", "%{") };
          if (Array.isArray(value)) return value.map(read);
          if (typeof value !== "object" || value === null) return { value };
          return Object.fromEntries(
            Object.entries(value).map(([key, item]) => [
              key.replaceAll("$${", "${").replaceAll("%%{", "%{"),
              read(item),
            ]),
          );
        };
        expect(read(found)).toEqual(part(node, (one) => one));
      }),
    );
  });
});

describe("speculationOf", () => {
  const plan: TerraformPlan = {
    resource_changes: [
      { address: UNKNOWN_ADDRESS, type: "terraform_data", change: { actions: ["create"] } },
      {
        address: "aws_security_group.Web",
        type: "aws_security_group",
        change: { actions: ["create"], after_unknown: { vpc_id: true, id: true, ingress: [{ cidr_blocks: [false] }] } },
      },
      { address: "aws_eip.Gone", type: "aws_eip", change: { actions: ["delete"], after_unknown: { vpc_id: true } } },
    ],
    configuration: {
      root_module: {
        resources: [
          {
            address: "aws_security_group.Web",
            expressions: {
              vpc_id: {
                references: [
                  "local.upstream_Stage1State.core.vpcId",
                  "local.upstream_Stage1State.core",
                  "local.upstream_Stage1State",
                ],
              },
              // Known upstream, so it waits for nobody.
              ingress: [{ cidr_blocks: { references: ["local.upstream_Stage1State.core.cidr"] } }],
              name: { constant_value: "web" },
            },
          },
          {
            address: "aws_eip.Gone",
            expressions: { vpc_id: { references: ["local.upstream_Stage1State.core.vpcId"] } },
          },
        ],
      },
    },
  };

  it("counts the attributes that wait, by stack and by name", () => {
    expect(speculationOf(plan, upstreams)).toEqual({
      attributes: 1,
      resources: 1,
      waitsFor: [{ stack: "dev-stage1", attributes: 1, resources: 1 }],
      waiting: { "aws_security_group.Web": { vpc_id: ["dev-stage1"] } },
    });
  });

  it("shows nobody what stands for the unknown", () => {
    const shown = withoutUnknownResource(plan).resource_changes?.map(({ address }) => address);
    expect(shown).toEqual(["aws_security_group.Web", "aws_eip.Gone"]);
  });
});

describe("outputs", () => {
  const plan: TerraformPlan = {
    output_changes: {
      same: { actions: ["no-op"], before: { a: 1 }, after: { a: 1 } },
      core: {
        actions: ["update"],
        before: { vpcId: "vpc-1", cidr: "10.0.0.0/16", subnets: { a: "subnet-1" } },
        after: { vpcId: "vpc-1", cidr: "10.0.0.0/8", subnets: { a: "subnet-1" } },
        after_unknown: { subnets: { b: true } },
      },
      gone: { actions: ["delete"], before: "x", after: null },
    },
  };

  it.each([
    [["same"], false],
    [["nowhere"], false],
    [["core", "vpcId"], false],
    [["core", "cidr"], true],
    [["core", "subnets", "a"], false],
    [["core", "subnets", "b"], true],
    [["core", "subnets"], true],
    [["core"], true],
    [["gone"], true],
    [[], true],
  ])("changes %j: %s", (path, changes) => expect(changesOutput(plan, path)).toBe(changes));

  it("that a stack reads are those it names, part by part", () => {
    const json = {
      a: '${data.terraform_remote_state.Stage1State.outputs.core.subnets["us-east-1a"]} and ${data.terraform_remote_state.Stage1State.outputs.core.vpcId}',
      b: [
        "${data.terraform_remote_state.Stage1State.outputs.core.ids[0]}",
        "${data.terraform_remote_state.Other.outputs.x}",
      ],
      c: "${data.terraform_remote_state.Stage1State.outputs}",
    };
    expect(outputsRead(json, "Stage1State")).toEqual([
      ["core", "subnets", "us-east-1a"],
      ["core", "vpcId"],
      ["core", "ids", 0],
      [],
    ]);
  });
});
