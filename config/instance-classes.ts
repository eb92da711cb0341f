/** What is known of an RDS instance class: enough to size its alarms and to know which metrics it publishes. */
export interface InstanceClass {
  /** Name, for example `db.r7g.xlarge`. */
  readonly name: string;
  /** Virtual CPUs. */
  readonly vcpus: number;
  /** Memory in GiB. */
  readonly memoryGib: number;
  /** Runs on CPU credits, so it publishes `CPUCreditBalance`. */
  readonly burstableCpu: boolean;
  /** Its link to storage runs on credits, so it publishes `EBSIOBalance%` and `EBSByteBalance%`. */
  readonly burstableStorage: boolean;
}

interface Family {
  readonly gibPerVcpu: number;
  /** The largest size whose maximum EBS bandwidth lies above its baseline. */
  readonly burstsUpTo: string;
}

const VCPUS: Readonly<Record<string, number>> = {
  large: 2,
  xlarge: 4,
  "2xlarge": 8,
  "4xlarge": 16,
  "8xlarge": 32,
  "12xlarge": 48,
  "16xlarge": 64,
};

/**
 * The families offered for PostgreSQL 14 to 18 in every size of {@link VCPUS}.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-optimized.html
 */
const FAMILIES: Readonly<Record<string, Family>> = {
  m6g: { gibPerVcpu: 4, burstsUpTo: "2xlarge" },
  m6i: { gibPerVcpu: 4, burstsUpTo: "4xlarge" },
  m7g: { gibPerVcpu: 4, burstsUpTo: "4xlarge" },
  m7i: { gibPerVcpu: 4, burstsUpTo: "4xlarge" },
  m8g: { gibPerVcpu: 4, burstsUpTo: "4xlarge" },
  r6g: { gibPerVcpu: 8, burstsUpTo: "2xlarge" },
  r6i: { gibPerVcpu: 8, burstsUpTo: "4xlarge" },
  r7g: { gibPerVcpu: 8, burstsUpTo: "4xlarge" },
  r7i: { gibPerVcpu: 8, burstsUpTo: "4xlarge" },
  r8g: { gibPerVcpu: 8, burstsUpTo: "4xlarge" },
};

/** The T sizes do not follow a ratio: virtual CPUs and GiB of each. */
const BURSTABLE_SIZES: Readonly<Record<string, readonly [vcpus: number, memoryGib: number]>> = {
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  "2xlarge": [8, 32],
};

const SIZES = Object.keys(VCPUS);

/** Every instance class this program knows, by name. */
export const INSTANCE_CLASSES: ReadonlyMap<string, InstanceClass> = new Map(
  [
    ...["t3", "t4g"].flatMap((family) =>
      Object.entries(BURSTABLE_SIZES).map(([size, [vcpus, memoryGib]]) => ({
        name: `db.${family}.${size}`,
        vcpus,
        memoryGib,
        burstableCpu: true,
        burstableStorage: true,
      })),
    ),
    ...Object.entries(FAMILIES).flatMap(([family, { gibPerVcpu, burstsUpTo }]) =>
      Object.entries(VCPUS).map(([size, vcpus]) => ({
        name: `db.${family}.${size}`,
        vcpus,
        memoryGib: vcpus * gibPerVcpu,
        burstableCpu: false,
        burstableStorage: SIZES.indexOf(size) <= SIZES.indexOf(burstsUpTo),
      })),
    ),
  ].map((instanceClass) => [instanceClass.name, instanceClass]),
);

/**
 * The facts of an instance class.
 * @throws Error when the class is not in the table
 */
export function instanceClass(name: string): InstanceClass {
  const found = INSTANCE_CLASSES.get(name);
  if (found === undefined) throw new Error(`instance class must be listed in instance-classes.ts, got "${name}"`);
  return found;
}

/** Memory of an instance class in bytes. */
export function memoryBytes({ memoryGib }: InstanceClass): number {
  return memoryGib * 1024 ** 3;
}

/**
 * The connections that RDS for PostgreSQL allows by default: `LEAST(DBInstanceClassMemory/9531392, 5000)`. RDS keeps some of
 * the memory for itself, so the true value is a few percent lower.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 */
export function maxConnections(shape: InstanceClass): number {
  return Math.min(Math.floor(memoryBytes(shape) / 9531392), 5000);
}
