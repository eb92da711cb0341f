import { writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { bundleJob } from "../../../lambdas/bundle";
import { FakeAws } from "./aws";
import { MASTER, Postgres } from "./postgres";

/** The program of the Jobs, with the PostgreSQL and the AWS that it asks. */
export class Program {
  private constructor(
    public readonly server: Postgres,
    public readonly aws: FakeAws,
  ) {}

  /** @param secrets - what AWS Secrets Manager holds */
  public static async start(secrets: Map<string, string>): Promise<Program> {
    const server = await Postgres.start();
    const aws = await FakeAws.start(secrets);
    writeFileSync(join(server.folder, "main.js"), bundleJob("service-database"));
    writeFileSync(join(server.folder, "ca.pem"), server.authority.certificate);
    writeFileSync(join(server.folder, "token"), "of the service account");
    return new Program(server, aws);
  }

  /** What RDS keeps of its master user. */
  public static masterSecret(): string {
    return JSON.stringify({ username: MASTER.user, password: MASTER.password });
  }

  /** Ends what it asks. */
  public async stop(): Promise<void> {
    await this.aws.stop();
    await this.server.stop();
  }

  /** Runs it with variables beside those that each Job has; what it said, and with what it ended. */
  public async run<Said extends object>(
    variables: Readonly<Record<string, string | undefined>>,
  ): Promise<Said & { readonly exitCode: number; readonly error?: string }> {
    const { folder, port } = this.server;
    const { exitCode, stdout, stderr } = await execa(process.execPath, [join(folder, "main.js")], {
      extendEnv: false,
      reject: false,
      env: {
        AWS_REGION: "us-east-1",
        AWS_ENDPOINT_URL: this.aws.url,
        AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "token"),
        DATABASE_CA: join(folder, "ca.pem"),
        DATABASE_HOST: "localhost",
        DATABASE_PORT: `${port}`,
        MASTER_SECRET_ID: "master",
        STATEMENT_TIMEOUT_SECONDS: "60",
        ...variables,
      },
    });
    expect(stderr).toBe("");
    return { exitCode, ...(JSON.parse(stdout) as Said & { readonly error?: string }) };
  }
}
