import { MONITORING_NAMESPACE } from "./cluster-foundation";

/** Name of the system Prometheus and of its release, after which chart and operator name what they make on each cluster. */
export const PROMETHEUS = "prometheus";

/** A program that the operator of kube-prometheus-stack runs, as kubectl finds it on each cluster. */
export interface OperatedProgram {
  /** Its namespace. */
  readonly namespace: string;
  /** The custom resource that says how many there are, kind and name: the operator undoes what is changed below it. */
  readonly resource: string;
  /** The StatefulSet that the operator makes of it. */
  readonly statefulSet: string;
  /** Its Kubernetes Service, and the job by which its own numbers are labelled. */
  readonly service: string;
  /** Port of the Service: plain HTTP, without a login. */
  readonly port: number;
}

// The chart calls Services after `fullnameOverride`, and with `cleanPrometheusOperatorObjectNames` custom resources as it is; the operator
// puts their kind before what it makes.
// https://github.com/prometheus-community/helm-charts/blob/kube-prometheus-stack-88.5.3/charts/kube-prometheus-stack/templates/_helpers.tpl
// https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.1/pkg/prometheus/common.go

/** Prometheus. */
export const PROMETHEUS_SERVER: OperatedProgram = {
  namespace: MONITORING_NAMESPACE,
  resource: `prometheus/${PROMETHEUS}`,
  statefulSet: `prometheus-${PROMETHEUS}`,
  service: `${PROMETHEUS}-prometheus`,
  port: 9090,
};

/** Alertmanager. */
export const ALERTMANAGER: OperatedProgram = {
  namespace: MONITORING_NAMESPACE,
  resource: `alertmanager/${PROMETHEUS}`,
  statefulSet: `alertmanager-${PROMETHEUS}`,
  service: `${PROMETHEUS}-alertmanager`,
  port: 9093,
};
