/** A `terraform_data` in a state, as Terraform writes it once it is applied. */
export function appliedThing(name: string, id: string, input: string): object {
  return {
    mode: "managed",
    type: "terraform_data",
    name,
    provider: 'provider["terraform.io/builtin/terraform"]',
    instances: [
      {
        schema_version: 0,
        attributes: {
          id,
          input: { value: input, type: "string" },
          output: { value: input, type: "string" },
          triggers_replace: null,
        },
      },
    ],
  };
}
