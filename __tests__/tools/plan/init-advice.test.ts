import { withInitAdvice } from "../../../tools/plan/init-advice";

it.each([
  [
    "Failed to query available provider packages",
    "hashicorp/ws was not found",
    /a mirror that the file which TF_CLI_CONFIG_FILE/,
  ],
  [
    "Failed to install provider",
    "the package doesn't match any of the checksums of the lock file",
    /npx opsdx providers lock/,
  ],
])("says what helps where Terraform says: %s", (summary, detail, advice) => {
  const told = withInitAdvice({ severity: "error", summary, detail });
  expect(told).toMatchObject({ summary, detail: expect.stringMatching(advice) as string });
  expect(told.detail.startsWith(`${detail}\n`)).toBe(true);
});

it("leaves alone what it knows nothing of", () => {
  const error = { severity: "error", summary: "Backend initialization required", detail: "" } as const;
  expect(withInitAdvice(error)).toBe(error);
});
