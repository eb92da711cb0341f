import { imageParts } from "../../../config/images";
import { PROMETHEUS_REQUESTS } from "../../../config/requests/prometheus";
import { SERVICE_NODE_PORTS } from "../../shared/network/ports";
import { PROMETHEUS } from "../../shared/kubernetes/prometheus-names";
import { RESTRICTED_CONTAINER } from "../../shared/kubernetes/pod-security";
import type { HelmValue } from "../../shared/helm/helm-release";

/** Port of the gate in the pod. */
export const GATE_PORT = 8443;
/** Secret of the cluster that holds who may come in, as nginx reads it: `htpasswd`. */
export const WEB_SECRET = "prometheus-web";
/** Secret of the cluster that holds the gate's certificate and key: `tls.crt`, `tls.key`. */
export const TLS_SECRET = "prometheus-tls";
/** ConfigMap of the gate's configuration. */
const CONFIG = "prometheus-gate";

/** What Grafana asks: it reads, and nobody else comes through the gate. The rest of the API has no business outside of the pod. */
const READ_PATHS = ["query", "query_range", "query_exemplars", "series", "labels", "label/[^/]+/values"].concat(
  ["metadata", "rules", "alerts", "format_query", "parse_query"],
  ["status/buildinfo"],
);

/** Where nginx listens and whom it asks, for tests that run it elsewhere. */
export interface GateConfigProps {
  /** Port that it listens on. @default 8443 */
  readonly port?: number;
  /** Address of Prometheus. @default "127.0.0.1:9090" */
  readonly prometheus?: string;
  /** Folder of the certificate and its key. @default "/etc/gate/tls" */
  readonly tls?: string;
  /** Folder of the password file. @default "/etc/gate/web" */
  readonly web?: string;
  /** Folder that it may write into. @default "/tmp" */
  readonly scratch?: string;
}

/**
 * TLS and a password in front of Prometheus, for whoever is outside of the cluster: the operator writes Prometheus' own web configuration and
 * leaves no place for a password in it (docs/decisions/0042-kube-prometheus-stack.md).
 */
export function gateConfig(props: GateConfigProps = {}): string {
  const { port = GATE_PORT, prometheus = "127.0.0.1:9090", scratch = "/tmp" } = props;
  const { tls = "/etc/gate/tls", web = "/etc/gate/web" } = props;
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `${[
    "worker_processes 2;",
    "error_log stderr warn;",
    `pid ${scratch}/nginx.pid;`,
    "events { worker_connections 256; }",
    "http {",
    "  access_log off;",
    "  server_tokens off;",
    ...bodies.map((name) => `  ${name}_temp_path ${scratch}/${name};`),
    "  server {",
    `    listen ${port} ssl;`,
    `    ssl_certificate ${tls}/tls.crt;`,
    `    ssl_certificate_key ${tls}/tls.key;`,
    "    ssl_protocols TLSv1.2 TLSv1.3;",
    `    location ~ ^/api/v1/(${READ_PATHS.join("|")})$ {`,
    '      auth_basic "prometheus";',
    `      auth_basic_user_file ${web}/htpasswd;`,
    "      limit_except GET POST { deny all; }",
    '      proxy_set_header Authorization "";',
    `      proxy_pass http://${prometheus};`,
    "    }",
    "    location / { return 404; }",
    "  }",
    "}",
  ].join("\n")}\n`;
}

const mount = (name: string, mountPath: string): HelmValue => ({ name, mountPath, readOnly: name !== "gate-tmp" });

/** The gate as a container of Prometheus' pod. */
export function gateContainer(): HelmValue {
  return {
    name: "gate",
    image: imageParts("nginx").reference,
    command: ["nginx", "-c", "/etc/gate/config/nginx.conf", "-g", "daemon off;"],
    ports: [{ name: "gate", containerPort: GATE_PORT, protocol: "TCP" }],
    readinessProbe: { tcpSocket: { port: GATE_PORT }, periodSeconds: 10 },
    livenessProbe: { tcpSocket: { port: GATE_PORT }, periodSeconds: 20, failureThreshold: 6 },
    resources: {
      requests: PROMETHEUS_REQUESTS.gate,
      limits: { memory: PROMETHEUS_REQUESTS.gate.memory },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      mount("gate-config", "/etc/gate/config"),
      mount("gate-web", "/etc/gate/web"),
      mount("gate-tls", "/etc/gate/tls"),
      mount("gate-tmp", "/tmp"),
    ],
  };
}

/** The volumes that it mounts. */
export function gateVolumes(): readonly HelmValue[] {
  return [
    { name: "gate-config", configMap: { name: CONFIG } },
    { name: "gate-web", secret: { secretName: WEB_SECRET } },
    { name: "gate-tls", secret: { secretName: TLS_SECRET } },
    { name: "gate-tmp", emptyDir: { sizeLimit: "64Mi" } },
  ];
}

/**
 * Its configuration, and the node port that leads to it.
 * @param host - name under which the nodes are found
 */
export function gateObjects(namespace: string, host: string): readonly HelmValue[] {
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: CONFIG, namespace },
      data: { "nginx.conf": gateConfig() },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      // kops' dns-controller reads it, and writes the addresses of the nodes:
      // https://github.com/kubernetes/kops/blob/v1.36.2/dns-controller/pkg/watchers/service.go
      metadata: { name: CONFIG, namespace, annotations: { "dns.alpha.kubernetes.io/internal": host } },
      spec: {
        type: "NodePort",
        selector: { "app.kubernetes.io/name": PROMETHEUS, "operator.prometheus.io/name": PROMETHEUS },
        ports: [{ name: "gate", port: GATE_PORT, targetPort: GATE_PORT, nodePort: SERVICE_NODE_PORTS.prometheus }],
      },
    },
  ];
}
