/** What a node of an EC2 instance type offers. */
export interface MachineType {
  /** Virtual processors. */
  readonly vcpus: number;
  /** Memory in MiB. */
  readonly memoryMib: number;
  /** NVIDIA GPUs. */
  readonly gpus: number;
  /** Instance-store disks: kops maps each of them in the launch template. */
  readonly instanceStoreDisks: number;
  /** Percentage of a processor that each of them may be busy for ever, of a type that bursts. @default 100 */
  readonly baselinePercent?: number;
}

const type = (vcpus: number, memoryGib: number, gpus = 0, instanceStoreDisks = 0): MachineType => ({
  vcpus,
  memoryMib: memoryGib * 1024,
  gpus,
  instanceStoreDisks,
});

/**
 * The instance types that clusters may use; add a line to use another.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html
 */
export const MACHINE_TYPES: Readonly<Record<string, MachineType>> = {
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
  "t3.medium": { ...type(2, 4), baselinePercent: 20 },
  "t3.large": { ...type(2, 8), baselinePercent: 30 },
  "m6i.large": type(2, 8),
  "m6i.xlarge": type(4, 16),
  "m6i.2xlarge": type(8, 32),
  "m7i.large": type(2, 8),
  "m7i.xlarge": type(4, 16),
  "m7i.2xlarge": type(8, 32),
  "m5.large": type(2, 8),
  "m5.xlarge": type(4, 16),
  "m5.2xlarge": type(8, 32),
  "g5.xlarge": type(4, 16, 1, 1),
  "g5.2xlarge": type(8, 32, 1, 1),
};

/**
 * Whether EC2's name of an instance type says that its processors are arm64: a `g` for Graviton behind the generation, or `a1`.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
export const isArm64 = (machineType: string): boolean => /^(?:[a-z]+[0-9]+g[a-z]*|a1)\./.test(machineType);
