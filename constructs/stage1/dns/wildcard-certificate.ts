import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { stackName } from "../../../config/names";
import type { ITerraformDependable } from "../../shared/cdktf";
import { Construct } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf, shell } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import { placeholder } from "../../shared/observability/placeholders";
import { readPublished } from "./environment-zone-facts";

/** Properties of {@link WildcardCertificate}. */
export interface WildcardCertificateProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Id of the public zone that proves ownership. */
  readonly zoneId: string;
  /** Name of that zone: the certificate is for it and for every name one label below it. */
  readonly zoneName: string;
  /** The zone's delegation: without it the certificate authority finds no proof. */
  readonly delegation: ITerraformDependable;
}

/** Time to live of the validation record in seconds. It stays for good: every renewal reads it. */
const VALIDATION_TTL_SECONDS = 300;

/** AWS's recommended lead: enough to repair a failed renewal by hand (reference: CloudWatch's recommended alarms for ACM). @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html */
const EXPIRY_LEAD_DAYS = 44;

/** An ACM certificate for a zone and every name one label below it, validated by DNS, renewed by ACM, watched for expiry. */
export class WildcardCertificate extends Construct {
  /** ARN of the certificate, known to its users only once it is validated. */
  public readonly arn: string;
  /** The alarm on expiry. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, props: WildcardCertificateProps) {
    super(scope, id);
    const { monitoring, zoneId, zoneName } = props;
    const { environment } = monitoring;
    const certificate = new AcmCertificate(this, "Resource", {
      domainName: zoneName,
      subjectAlternativeNames: [`*.${zoneName}`],
      validationMethod: "DNS",
      lifecycle: { createBeforeDestroy: true },
    });
    // ACM asks for the same record for a name and for its wildcard, so either of the two options will do.
    const proof = certificate.domainValidationOptions.get(0);
    const record = new Route53Record(this, "Validation", {
      zoneId,
      name: proof.resourceRecordName,
      type: proof.resourceRecordType,
      ttl: VALIDATION_TTL_SECONDS,
      records: [proof.resourceRecordValue],
      // A replacement certificate of the same names asks for the same record while the old one still stands.
      allowOverwrite: true,
    });
    const validation = new AcmCertificateValidation(this, "Validated", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [record.fqdn],
      dependsOn: [props.delegation],
    });
    this.arn = validation.certificateArn;
    this.alarm = new Alarm(this, "Expiry", {
      monitoring,
      name: "dns-certificate-expiry",
      intent: `The certificate of ${zoneName} and *.${zoneName} was not renewed in time; when it expires, browsers and clients refuse every HTTPS endpoint of the environment.`,
      severity: "ticket",
      steps: [
        [
          "See its state:",
          readPublished("ARN", environment, "certificate-arn"),
          aws(
            `acm describe-certificate --certificate-arn "$ARN" --query 'Certificate.{NotAfter:NotAfter,Eligible:RenewalEligibility,InUse:InUseBy,Renewal:RenewalSummary}'`,
          ),
        ],
        [
          "Eligible is INELIGIBLE: ACM renews only certificates in use. When InUse is empty, attach it:",
          cdktf("deploy", stackName(environment, "stage3")),
        ],
        [
          "Renewal is PENDING_VALIDATION: the record that proves ownership cannot be found. Compare what ACM asks for with what is answered, and put it back:",
          aws(
            `acm describe-certificate --certificate-arn "$ARN" --query 'Certificate.DomainValidationOptions[0].ResourceRecord'`,
          ),
          shell(`dig +short CNAME ${placeholder("name")}`),
          cdktf("deploy", stackName(environment, "stage1")),
        ],
        [
          "Renewal is FAILED: the first must name amazon.com, and the second must end at the zone's name servers.",
          shell(`dig +short CAA ${zoneName}`),
          shell(`dig +trace ${zoneName} NS`),
        ],
        'ACM tries again by itself. When it keeps failing, replace it: procedure "Certificate stuck in validation", last step.',
        "In the first day after the certificate was made the alarm may be red for lack of data: ACM reports once or twice a day.",
      ],
      metric: {
        namespace: "AWS/CertificateManager",
        name: "DaysToExpiry",
        dimensions: { CertificateArn: certificate.arn },
        statistic: "Minimum",
      },
      comparison: "<=",
      threshold: EXPIRY_LEAD_DAYS,
      periodSeconds: 86400,
      periods: 1,
      // ACM stops reporting once a certificate has expired.
      missingData: "breaching",
    });
  }
}
