import { clusterToken, withoutTokens } from "../../../lambdas/etl-launcher/token";
import { checkSettings } from "../../../lambdas/etl-launcher/settings";
import { newAuthority } from "./certificate";
import { CLUSTER_ID, CREDENTIALS, objection, urlOf } from "./fake-cluster";

const NOW = new Date("2026-11-23T12:00:00Z");
const settings = checkSettings({
  ...CREDENTIALS,
  CLUSTER_ENDPOINT: "https://api.k8s.dev.opsdx.io",
  CLUSTER_ID,
  CLUSTER_CA: Buffer.from(newAuthority("a").certificate).toString("base64"),
  NAMESPACE: "etl",
  METRIC_NAMESPACE: "OpsDX/ETL",
  ENVIRONMENT: "dev",
});

describe("clusterToken", () => {
  it("is what STS and the authenticator verify, by an independent computation of the signature", async () => {
    expect(objection(await clusterToken(settings, NOW), CLUSTER_ID, NOW)).toBeUndefined();
  });

  it("asks the region's STS who it is, for 60 seconds", async () => {
    const { host, searchParams } = urlOf(await clusterToken(settings, NOW));
    expect(host).toBe("sts.us-east-1.amazonaws.com");
    expect(Object.fromEntries(searchParams)).toMatchObject({
      Action: "GetCallerIdentity",
      "X-Amz-Date": "20261123T120000Z",
      "X-Amz-Expires": "60",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    });
  });

  it("has only parameters that the authenticator allows", async () => {
    // https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go, parameterWhitelist
    const names = [...urlOf(await clusterToken(settings, NOW)).searchParams.keys()].map((name) => name.toLowerCase());
    expect(names.sort()).toEqual([
      "action",
      "version",
      "x-amz-algorithm",
      "x-amz-credential",
      "x-amz-date",
      "x-amz-expires",
      "x-amz-security-token",
      "x-amz-signature",
      "x-amz-signedheaders",
    ]);
  });

  it("is bound to one cluster", async () => {
    expect(objection(await clusterToken(settings, NOW), "k8s.prod.opsdx.io", NOW)).toBe("signature");
  });

  it("holds no secret key", async () => {
    expect(urlOf(await clusterToken(settings, NOW)).href).not.toContain(CREDENTIALS.AWS_SECRET_ACCESS_KEY);
  });

  it("is taken out of texts", async () => {
    const token = await clusterToken(settings, NOW);
    expect(withoutTokens(`a ${token}, b ${token}`)).toBe("a k8s-aws-v1.<removed>, b k8s-aws-v1.<removed>");
  });
});
