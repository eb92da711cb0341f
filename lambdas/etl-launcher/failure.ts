/**
 * Every reason a launch can fail, and whether the same event may succeed later with nobody's help. Lambda repeats an asynchronous
 * event after any error and then hands it to the queue, so the flag is for people and the command line, not for Lambda.
 */
const RETRYABLE = {
  /** The event breaks the contract. */
  InvalidEvent: false,
  /** A setting or the function's own credentials are missing. */
  Misconfigured: false,
  /** The suspended CronJob is not there. */
  TemplateMissing: false,
  /** The cluster knows the function and refuses what it asks. */
  Forbidden: false,
  /** The cluster does not know the function, even with a fresh token. */
  Unauthorized: true,
  /** The namespace's quota is used up. */
  QuotaExceeded: true,
  /** Two writers changed the namespace's quota at once. */
  QuotaConflict: true,
  /** The slot's earlier Job is being deleted; its name is free only afterwards. */
  Terminating: true,
  /** The API answered 429. */
  Throttled: true,
  /** The API answered 5xx. */
  ServerError: true,
  /** A call took longer than its limit. */
  Timeout: true,
  /** No connection to the API. */
  Unreachable: true,
  /** The API's certificate does not come from the cluster's authority. */
  Untrusted: false,
  /** The API refused the Job as invalid. */
  Rejected: false,
  /** The API answered something that is not its protocol. */
  UnexpectedResponse: false,
  /** A defect of the launcher. */
  Unexpected: false,
} as const;

/** Why a launch failed. */
export type FailureReason = keyof typeof RETRYABLE;

/** A launch that failed. Its name is the reason, which Lambda records as the error's type. */
export class LaunchFailure extends Error {
  /** Whether the same event may succeed later. */
  readonly retryable: boolean;

  constructor(
    readonly reason: FailureReason,
    message: string,
  ) {
    super(message);
    this.name = reason;
    this.retryable = RETRYABLE[reason];
  }
}
