// Requests to the API with the token of the session. The token is kept for the tab, so that a reload goes on.

const base = "/api/v1";
const kept = "hotline.session";

// Problem is an answer that is not a success (RFC 9457).
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfter = 0,
  ) {
    super(detail);
  }
}

let token = sessionStorage.getItem(kept) ?? "";
let ended: () => void = () => {};

export const bearer = () => token;

export function keepToken(value: string): void {
  token = value;
  if (value) sessionStorage.setItem(kept, value);
  else sessionStorage.removeItem(kept);
}

// whenEnded names what is called once the gateway says that the session is over.
export function whenEnded(f: () => void): void {
  ended = f;
}

async function problem(res: Response): Promise<Problem> {
  const body: Record<string, unknown> = await res.json().catch(() => ({}));
  const text = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  return new Problem(res.status, text("code"), text("detail") || text("title") || res.statusText, Number(res.headers.get("Retry-After")) || 0);
}

export async function raw(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  const sent = token;
  if (sent) headers.Authorization = "Bearer " + sent;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let res: Response;
  try {
    res = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, cache: "no-store" });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new Problem(0, "network", "");
  }
  if (res.ok) return res;
  const p = await problem(res);
  // "wrong" is an old password or a code that was mistyped, not a session that is over.
  if (p.status === 401 && p.code !== "wrong" && sent && sent === token) {
    keepToken("");
    ended();
  }
  throw p;
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const res = await raw(method, path, body, signal);
  const text = await res.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => json<T>("GET", path, undefined, signal);
export const post = <T = void>(path: string, body?: unknown) => json<T>("POST", path, body);
export const put = <T = void>(path: string, body: unknown) => json<T>("PUT", path, body);
export const patch = <T = void>(path: string, body: unknown) => json<T>("PATCH", path, body);
export const del = (path: string) => json<void>("DELETE", path);

// query writes the parameters that have a value.
export function query(params: Record<string, string | number | undefined>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== "") out.set(name, String(value));
  const text = out.toString();
  return text && "?" + text;
}
