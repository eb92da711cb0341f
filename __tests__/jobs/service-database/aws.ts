import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const STS = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <Credentials><AccessKeyId>key</AccessKeyId><SecretAccessKey>of-the-role</SecretAccessKey><SessionToken>session</SessionToken>
  <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

/** STS and Secrets Manager on the loopback: a pod's token becomes a role's session, which reads these secrets. */
export class FakeAws {
  /** Requests, as they came. */
  public readonly requests: string[] = [];
  private constructor(private readonly server: Server) {}

  public static async start(secrets: Map<string, string>): Promise<FakeAws> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const target = request.headers["x-amz-target"];
        fake.requests.push(String(target ?? new URLSearchParams(body).get("Action")));
        if (target === undefined) return response.end(STS);
        const { SecretId: id } = JSON.parse(body) as { SecretId: string };
        const value = secrets.get(id);
        if (value !== undefined) return response.end(JSON.stringify({ Name: id, SecretString: value }));
        response.statusCode = 400;
        return response.end(JSON.stringify({ __type: "ResourceNotFoundException", message: "no AWSCURRENT" }));
      });
    });
    const fake = new FakeAws(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}
