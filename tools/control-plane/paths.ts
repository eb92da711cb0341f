import path from "node:path";
import type { Client } from "./certificates";

/** Where everything of a control plane lies; once it is stopped, deleting the folder forgets it all. */
export class ControlPlanePaths {
  /** Absolute path of the folder. */
  public readonly directory: string;

  public constructor(directory: string) {
    this.directory = path.resolve(directory);
  }

  /** Name, ports and processes. */
  public get record(): string {
    return path.join(this.directory, "control-plane.json");
  }

  /** Certificates and keys. */
  public get certificates(): string {
    return path.join(this.directory, "pki");
  }

  /** What etcd stores. */
  public get etcdData(): string {
    return path.join(this.directory, "etcd");
  }

  /** The authenticator's settings. */
  public get authenticatorSettings(): string {
    return path.join(this.directory, "authenticator.json");
  }

  /** How the API server reaches the authenticator. */
  public get authenticatorKubeconfig(): string {
    return path.join(this.directory, "authenticator.kubeconfig");
  }

  /** A client's kubeconfig. */
  public kubeconfigOf(client: Client): string {
    return path.join(this.directory, `${client}.kubeconfig`);
  }

  /** A process's log. */
  public logOf(process: string): string {
    return path.join(this.directory, "logs", `${process}.log`);
  }
}
