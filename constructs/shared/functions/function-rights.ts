import type { PolicyStatement } from "../iam/policy-document";

/** A function, by the names of what it uses. */
export interface FunctionNames {
  /** Name of the function. */
  readonly functionName: string;
  /** Name of its log group. */
  readonly logGroup: string;
  /** Name of the queue of the events that it gave up. */
  readonly failedQueue: string;
}

/** Where functions are. */
interface FunctionsPlace {
  /** Account and region of the functions. */
  readonly account: { readonly id: string; readonly region: string };
  /** The functions. */
  readonly functions: readonly FunctionNames[];
}

/** What Lambda itself does to place a function in a VPC. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
const NETWORK_ACTIONS = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/** What every function may do: write its logs and traces, and hand failed events to its queue. */
export function functionStatements({ account, functions }: FunctionsPlace, keyArn: string): readonly PolicyStatement[] {
  const here = (service: string): string => `arn:aws:${service}:${account.region}:${account.id}`;
  return [
    {
      sid: "Logs",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: functions.map(({ logGroup }) => `${here("logs")}:log-group:${logGroup}:*`),
    },
    { sid: "Traces", actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources: ["*"] },
    {
      sid: "FailedEvents",
      actions: ["sqs:SendMessage"],
      resources: functions.map(({ failedQueue }) => `${here("sqs")}:${failedQueue}`),
    },
    { sid: "Key", actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [keyArn] },
  ];
}

/** What a function that stands in a VPC needs besides: Lambda, not its code. */
export function networkStatements({ account, functions }: FunctionsPlace): readonly PolicyStatement[] {
  return [
    { sid: "NetworkInterfaces", actions: NETWORK_ACTIONS, resources: ["*"] },
    {
      // Lambda needs these, the code does not: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice-security
      sid: "NotFromTheCode",
      effect: "Deny",
      actions: NETWORK_ACTIONS,
      resources: ["*"],
      conditions: {
        ArnEquals: {
          "lambda:SourceFunctionArn": functions.map(
            ({ functionName }) => `arn:aws:lambda:${account.region}:${account.id}:function:${functionName}`,
          ),
        },
      },
    },
  ];
}
