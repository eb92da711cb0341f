import { userOf, type Mappings } from "../../../tools/control-plane/identity";

const MAPPINGS: Mappings = {
  accountId: "123456789012",
  identityMappings: [{ roleName: "launcher", username: "etl-launcher", groups: ["opsdx:etl-launchers"] }],
};

it.each([
  "arn:aws:sts::123456789012:assumed-role/launcher/a-session",
  "arn:aws:iam::123456789012:role/launcher",
  "arn:aws-us-gov:sts::123456789012:assumed-role/launcher/a-session",
])("maps %s", (arn) => {
  expect(userOf(arn, MAPPINGS)).toMatchObject({
    username: "etl-launcher",
    groups: ["opsdx:etl-launchers"],
    extra: { arn: [arn] },
  });
});

it.each([
  "arn:aws:sts::123456789012:assumed-role/other/a-session",
  "arn:aws:sts::210987654321:assumed-role/launcher/a-session",
  "arn:aws:iam::123456789012:user/launcher",
  "arn:aws:sts::123456789012:user/moto",
  "arn:aws:iam::123456789012:role/path/launcher",
  "launcher",
])("does not map %s", (arn) => {
  expect(() => userOf(arn, MAPPINGS)).toThrow(`${arn} is not mapped to a user`);
});
