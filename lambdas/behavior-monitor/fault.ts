/** Why a monitor has no number. The words are all that anybody is told: a server's own may hold what stands in the data, which is PHI. */
export const FAULTS = {
  unreachable: "nobody answers at the database's address",
  untrusted: "the server's certificate is not one of RDS's for its name",
  login: "the database does not let the monitors' role in",
  denied: "the monitors' role may not read what the statement reads",
  missing: "the statement reads something that is not there",
  slow: "the statement took longer than the monitor may",
  locked: "somebody holds a lock on what the statement reads",
  writes: "the statement writes",
  interrupted: "the server ended the connection",
  statement: "the database refuses the statement",
  columns: "the answer must have one column, or two where there is a dimension: its value and the number",
  "no-row": "the answer has no row, or lacks a value of the dimension",
  rows: "the answer has more than one row, and the monitor has no dimension",
  twice: "the answer has a value of the dimension twice",
  type: "the answer has something in place of a number",
} as const;

/** Kind of a fault. */
export type FaultKind = keyof typeof FAULTS;

/** A monitor without a number. */
export class MonitorFault extends Error {
  /**
   * @param kind - what it is
   * @param sqlState - the server's code @default - it is none of the server's
   */
  public constructor(
    public readonly kind: FaultKind,
    public readonly sqlState?: string,
  ) {
    super(FAULTS[kind]);
  }
}

/** By SQLSTATE, or the class that it begins with. @see https://www.postgresql.org/docs/17/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, FaultKind>> = {
  "25006": "writes",
  "28": "login",
  "3D": "missing",
  "3F": "missing",
  "42P01": "missing",
  "42703": "missing",
  "42501": "denied",
  "53300": "login",
  "55P03": "locked",
  "57014": "slow",
  "57P": "interrupted",
  "08": "interrupted",
};

const BY_MESSAGE: readonly (readonly [RegExp, FaultKind])[] = [
  [/^Query read timeout$/, "slow"],
  [/timeout expired|timeout exceeded/, "unreachable"],
  [/^Connection terminated|^Client has encountered a connection error/, "interrupted"],
  [/does not support SSL/, "untrusted"],
];

/** What an error of a connection or a statement is, without a word of it. */
export function faultOf(error: unknown): MonitorFault {
  if (error instanceof MonitorFault) return error;
  const { code = "", message = "" } = error as { readonly code?: string; readonly message?: string };
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)$/.test(code)) {
    return new MonitorFault("unreachable");
  }
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return new MonitorFault("interrupted");
  if (/^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)) return new MonitorFault("untrusted");
  if (/^[0-9A-Z]{5}$/.test(code)) {
    const kind = [code, code.slice(0, 3), code.slice(0, 2)].flatMap((key) => BY_STATE[key] ?? [])[0];
    return new MonitorFault(kind ?? "statement", code);
  }
  return new MonitorFault(BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? "statement");
}
