import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";

/** Puts pods on the nodes with a value of the label, and lets them past the taint that keeps others away. */
export function placedOn(value: string) {
  return {
    nodeSelector: { [NODE_GROUP_LABEL]: value },
    toleration: [{ key: NODE_GROUP_LABEL, operator: "Equal", value, effect: "NoSchedule" }],
  };
}
