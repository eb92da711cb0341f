/**
 * HIPAA sections that groups of rules rest on, as cdk-nag's HIPAA.Security pack cites them.
 * @see https://github.com/cdklabs/cdk-nag/blob/main/RULES.md#hipaa-security
 * @see https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C
 */
export const HIPAA = {
  /** Encryption of data at rest. */
  encryptionAtRest: "HIPAA 164.312(a)(2)(iv), 164.312(e)(2)(ii)",
  /** Encryption of data in transit. */
  encryptionInTransit: "HIPAA 164.312(a)(2)(iv), 164.312(e)(1), 164.312(e)(2)(i), 164.312(e)(2)(ii)",
  /** Access from the internet. */
  noPublicAccess: "HIPAA 164.308(a)(3)(i), 164.308(a)(4)(ii)(A), 164.308(a)(4)(ii)(C), 164.312(a)(1), 164.312(e)(1)",
  /** Access to what holds or guards credentials. */
  accessControl: "HIPAA 164.308(a)(3)(i), 164.308(a)(4)(ii)(A), 164.308(a)(4)(ii)(C), 164.312(a)(1)",
  /** Access authorization by policy. */
  leastPrivilege:
    "HIPAA 164.308(a)(3)(i), 164.308(a)(3)(ii)(A), 164.308(a)(3)(ii)(B), 164.308(a)(4)(i), 164.308(a)(4)(ii)(A), 164.308(a)(4)(ii)(B), 164.308(a)(4)(ii)(C), 164.312(a)(1)",
  /** Open ports. */
  openPorts:
    "HIPAA 164.308(a)(3)(i), 164.308(a)(3)(ii)(B), 164.308(a)(4)(i), 164.308(a)(4)(ii)(A), 164.308(a)(4)(ii)(B), 164.308(a)(4)(ii)(C), 164.312(a)(1), 164.312(e)(1)",
  /** Transmission security. */
  transmission: "HIPAA 164.312(e)(1)",
  /** Audit controls. */
  audit: "HIPAA 164.312(b)",
  /** Audit controls that also show who had access. */
  accessLog: "HIPAA 164.308(a)(3)(ii)(A), 164.312(b)",
  /** Backup and recovery. */
  backup: "HIPAA 164.308(a)(7)(i), 164.308(a)(7)(ii)(A), 164.308(a)(7)(ii)(B)",
  /** Working on in an emergency. */
  availability: "HIPAA 164.308(a)(7)(i), 164.308(a)(7)(ii)(C)",
  /** Protection from malicious software: updates. */
  updates: "HIPAA 164.308(a)(5)(ii)(A)",
} as const;
