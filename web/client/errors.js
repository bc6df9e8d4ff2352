// The errors of the client library: a code for programs, an English message for developers.

/** A refusal by the server or a failure of the browser. `code` is one of signaling/PROTOCOL.md's or one of ours. */
export class HawkerError extends Error {
  /**
   * @param {string} code from the server; or `disconnected`, `timeout`, `http-<status>`, `unsupported`
   * @param {string} message
   * @param {{retryAfterMs?: number|null, cause?: unknown}} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = "HawkerError";
    this.code = code;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.cause = more.cause;
  }
}

/**
 * The code of whatever was thrown.
 * @param {unknown} error
 */
export function codeOf(error) {
  return error instanceof HawkerError ? error.code : "internal";
}
