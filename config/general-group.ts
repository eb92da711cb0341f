/** What tells a general group from others. */
interface GroupFacts {
  /** Node labels. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Node taints. @default - none */
  readonly taints?: readonly string[];
  /** Whether its nodes have GPUs. @default false */
  readonly gpu?: boolean;
}

/** Name of a cluster's general group: the one without labels, taints and GPUs, on which stands what asks for no other. */
export function generalGroup(groups: Readonly<Record<string, GroupFacts | undefined>>): string | undefined {
  return Object.keys(groups).find((name) => {
    const group = groups[name];
    if (group === undefined) return false;
    const { gpu = false, labels = {}, taints = [] } = group;
    return !gpu && taints.length === 0 && Object.keys(labels).length === 0;
  });
}
