import { types } from "node:util";

/**
 * Does some work without a trace of each token, which took a fifth of a synth and a tenth of its memory. cdktf needs them only to
 * say where a token was made, so `OPSDX_DEBUG=1` keeps them. An error's own trace is always kept.
 */
export function withoutTokenTraces<T>(work: () => T): T {
  if (process.env["OPSDX_DEBUG"] === "1") return work();
  const capture = Error.captureStackTrace.bind(Error);
  const before = Object.getOwnPropertyDescriptor(Error, "captureStackTrace") ?? {};
  const captureOfErrors: typeof Error.captureStackTrace = (holder, below) => {
    if (types.isNativeError(holder)) capture(holder, below ?? captureOfErrors);
  };
  Error.captureStackTrace = captureOfErrors;
  try {
    return work();
  } finally {
    Object.defineProperty(Error, "captureStackTrace", before);
  }
}
