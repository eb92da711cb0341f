/** Containers of the EFS CSI driver's pod on each node, and what each asks for: the chart's values and the reckoning of room take it from here. */
export const NFS_DRIVER_REQUESTS = {
  // An idle driver with its watchdog, and the first mount's proxy. Each further mount runs a proxy of its own, up to the limit.
  "efs-plugin": { cpu: "10m", memory: "96Mi" },
  "csi-driver-registrar": { cpu: "5m", memory: "16Mi" },
  "liveness-probe": { cpu: "5m", memory: "16Mi" },
} as const;
