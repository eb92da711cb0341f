import { handshakeObstacles, pendingHandshake } from "../../../tools/preflight/handshake";

const environment = (connection: "available" | "pending") => ({
  name: "dev",
  runners: { owner: "Yanif", connection, atATime: 4, minutes: 60 },
});
const account = (...connections: readonly (readonly [string, string])[]) => ({
  id: "444455556666",
  region: "us-east-1",
  ask: jest.fn(() =>
    Promise.resolve({
      Connections: connections.map(([ConnectionName, ConnectionStatus]) => ({ ConnectionName, ConnectionStatus })),
    }),
  ),
});

describe("the handshake with GitHub", () => {
  it("is said to be pending as long as the configuration says so, and the account is not asked", async () => {
    expect(pendingHandshake(environment("pending"))).toMatch(
      /^Pending: the connection opsdx-dev to GitHub.*Then runners\.connection in config\/environments\/dev\.ts becomes "available"\.$/,
    );
    expect(pendingHandshake(environment("available"))).toBeUndefined();
    expect(pendingHandshake({ name: "dev" })).toBeUndefined();
    const asked = account();
    await expect(handshakeObstacles(environment("pending"), asked)).resolves.toEqual([]);
    expect(asked.ask).not.toHaveBeenCalled();
  });

  it.each([
    ["PENDING", account(["other", "AVAILABLE"], ["opsdx-dev", "PENDING"])],
    ["ERROR", account(["opsdx-dev", "ERROR"])],
    ["not there", account(["other", "AVAILABLE"])],
  ])("is in the way of a webhook that the configuration wants while it is %s", async (status, asked) => {
    const [found, ...others] = await handshakeObstacles(environment("available"), asked);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ stack: "dev-stage1", what: expect.stringContaining(`and is ${status}`) as unknown });
  });

  it("is no obstacle once it was made", async () => {
    await expect(handshakeObstacles(environment("available"), account(["opsdx-dev", "AVAILABLE"]))).resolves.toEqual(
      [],
    );
  });
});
