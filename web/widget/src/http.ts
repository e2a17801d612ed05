// Requests to the gateway. XMLHttpRequest rather than fetch: it reports the progress of uploads and
// can be given a time limit in every browser we serve.

export interface Answer {
  /** HTTP status; 0 when no answer came. */
  status: number;
  body: any;
  /** Seconds of Retry-After, or 0. */
  retryAfter: number;
}

export interface Call {
  token?: string;
  headers?: { [name: string]: string };
  json?: unknown;
  form?: FormData;
  blob?: boolean;
  timeout?: number;
  progress?: (fraction: number) => void;
}

export type Request = (method: string, url: string, call?: Call) => Promise<Answer>;

/** Sends a request. It never rejects: no answer is an answer with status 0. */
export const request: Request = (method, url, call = {}) =>
  new Promise((resolve) => {
    const x = new XMLHttpRequest();
    x.open(method, url);
    x.timeout = call.timeout || 20000;
    if (call.blob) x.responseType = "blob";
    if (call.token) x.setRequestHeader("Authorization", "Bearer " + call.token);
    const headers = call.headers || {};
    for (const name of Object.keys(headers)) x.setRequestHeader(name, headers[name]);
    if (call.json !== undefined) x.setRequestHeader("Content-Type", "application/json");
    if (call.progress && x.upload) {
      const progress = call.progress;
      x.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    }
    x.onload = () =>
      resolve({
        status: x.status,
        body: call.blob ? x.response : decoded(x.responseText),
        retryAfter: seconds(x.getResponseHeader("Retry-After")),
      });
    x.onerror = x.ontimeout = x.onabort = () => resolve({ status: 0, body: null, retryAfter: 0 });
    x.send(call.form || (call.json === undefined ? null : JSON.stringify(call.json)));
  });

function decoded(text: string): any {
  try {
    return JSON.parse(text);
  } catch (e) {
    return null;
  }
}

function seconds(header: string | null): number {
  const n = Number(header);
  return n > 0 && n < 3600 ? n : 0;
}

/** What to do about an answer. */
export type Verdict =
  | "ok"
  | "wait" // not reached, or asked to come back later: the same request again, as often as it takes
  | "fault" // the gateway's own fault or a conflict: a few more times
  | "dead" // the token or the conversation is gone
  | "refused"; // the request itself is wrong

export function verdict(status: number): Verdict {
  if (status >= 200 && status < 300) return "ok";
  if ([0, 408, 425, 429, 502, 503, 504].indexOf(status) >= 0) return "wait";
  if ([401, 403, 404, 410].indexOf(status) >= 0) return "dead";
  return status >= 500 || status === 409 ? "fault" : "refused";
}

/** Milliseconds to wait before a further attempt: doubling with jitter from 0.5 s to 30 s, never less than asked for. */
export function backoff(attempt: number, retryAfter: number, random: number): number {
  const spread = Math.min(30000, 500 * Math.pow(2, Math.min(attempt, 10))) * (0.5 + random / 2);
  return Math.max(spread, retryAfter * 1000);
}
