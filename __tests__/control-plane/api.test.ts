import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { applyAll, connect } from "../../tools/control-plane/api";
import { BadServer } from "../tools/aws/servers";

const folder = mkdtempSync(path.join(tmpdir(), "control-plane-api-"));
afterAll(() => rmSync(folder, { recursive: true }));

it.each(["silent", "half", "slow"] as const)(
  "a request to a %s API ends, with the address and the time",
  async (manner) => {
    const server = await BadServer.start(manner);
    try {
      const kubeconfig = path.join(folder, "kubeconfig");
      const config = {
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: server.url, "insecure-skip-tls-verify": true } }],
        users: [{ name: "u", user: {} }],
      };
      writeFileSync(kubeconfig, JSON.stringify(config));
      const client = await connect(kubeconfig);
      client.objects.limit = 500;
      const late = `no whole answer from ${server.url}/api/v1 within 0.5 s`;
      await expect(applyAll(client, [{ apiVersion: "v1", kind: "Node", metadata: { name: "n" } }])).rejects.toThrow(
        `Failed to fetch resource metadata for v1/Node: ${late}`,
      );
      await expect(client.objects.list("v1", "Node")).rejects.toThrow(late);
    } finally {
      await server.stop();
    }
  },
);
