import { Construct } from "../cdktf";
import type { LogGroup } from "../observability/log-group";
import { SavedQuery } from "../observability/saved-query";

/** Properties of {@link AuditQueries}. */
export interface AuditQueriesProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The log group that receives the trail's events. */
  readonly logGroup: LogGroup;
}

const WHO_WHAT_WHERE =
  "fields @timestamp, eventSource, eventName, userIdentity.arn, sourceIPAddress, awsRegion, errorCode, requestParameters";

const OBJECT_ACCESS = "objects read and written";

/**
 * Name of the saved query that tells who read and wrote watched objects.
 * @param namePrefix - of the account that owns the buckets
 */
export function objectAccessQuery(namePrefix: string): string {
  return `${namePrefix}/audit/${OBJECT_ACCESS}`;
}

/** The questions that an investigation asks of the trail; the words in capitals are replaced by the asker. */
const QUERIES: readonly { readonly id: string; readonly name: string; readonly query: readonly string[] }[] = [
  {
    id: "ByPrincipal",
    name: "by principal",
    query: [
      WHO_WHAT_WHERE,
      "filter userIdentity.arn like /NAME_OF_USER_OR_ROLE/ or userIdentity.sessionContext.sessionIssuer.arn like /NAME_OF_USER_OR_ROLE/",
      "sort @timestamp desc",
      "limit 1000",
    ],
  },
  {
    id: "ByResource",
    name: "by resource",
    query: [
      WHO_WHAT_WHERE,
      "filter @message like /NAME_OR_ID_OF_RESOURCE/ and readOnly = 0",
      "sort @timestamp desc",
      "limit 1000",
    ],
  },
  {
    id: "DeniedCalls",
    name: "denied calls",
    query: [
      "filter errorCode like /UnauthorizedOperation$/ or errorCode like /^AccessDenied/",
      "stats count(*) as calls, min(@timestamp) as first, max(@timestamp) as last by userIdentity.arn, eventSource, eventName",
      "sort calls desc",
      "limit 100",
    ],
  },
  {
    id: "ConsoleSignIns",
    name: "console sign-ins",
    query: [
      'filter eventName = "ConsoleLogin"',
      "stats count(*) as attempts, max(@timestamp) as last by userIdentity.arn, userIdentity.userName, sourceIPAddress, responseElements.ConsoleLogin, additionalEventData.MFAUsed",
      "sort attempts desc",
      "limit 100",
    ],
  },
  {
    id: "RootUse",
    name: "root use",
    query: [
      WHO_WHAT_WHERE,
      'filter userIdentity.type = "Root" and not ispresent(userIdentity.invokedBy)',
      "sort @timestamp desc",
      "limit 1000",
    ],
  },
  {
    id: "PhiObjects",
    name: OBJECT_ACCESS,
    query: [
      'filter eventSource = "s3.amazonaws.com" and eventCategory = "Data"',
      "stats count(*) as objects, max(@timestamp) as last by userIdentity.sessionContext.sessionIssuer.userName, eventName, requestParameters.bucketName",
      "sort objects desc",
      "limit 100",
    ],
  },
];

/** Saved queries over the trail, for investigations. */
export class AuditQueries extends Construct {
  public constructor(scope: Construct, id: string, props: AuditQueriesProps) {
    super(scope, id);
    for (const { id: queryId, name, query } of QUERIES) {
      new SavedQuery(this, queryId, { name: `${props.namePrefix}/audit/${name}`, logGroups: [props.logGroup], query });
    }
  }
}
