// Text of a message, cut into blocks and runs. Nothing here makes markup: the view turns runs into
// text nodes and links into elements.

export interface Run {
  text: string;
  href?: string;
}

export interface Block {
  kind: "text" | "bullets" | "numbers";
  /** One entry per line of a list; a text block has one entry that may hold line breaks. */
  lines: Run[][];
  /** First number of a numbered list. */
  start?: number;
}

const bullet = /^\s*[•·-]\s+(.*)$/;
const numbered = /^\s*(\d{1,2})[.、．]\s*(\D.*)$/;

/** Cuts a message into paragraphs and lists. A line "• x" or "- x" is a bullet, "1. x" is numbered. */
export function blocks(text: string): Block[] {
  const out: Block[] = [];
  let plain: string[] = [];
  const flush = () => {
    const joined = plain.join("\n").replace(/^\n+|\n+$/g, "");
    if (joined) out.push({ kind: "text", lines: [runs(joined)] });
    plain = [];
  };
  const item = (kind: "bullets" | "numbers", line: string, start?: number) => {
    flush();
    const last = out[out.length - 1];
    if (last && last.kind === kind && (kind === "bullets" || (last.start as number) + last.lines.length === start)) {
      last.lines.push(runs(line));
    } else {
      out.push({ kind, lines: [runs(line)], start });
    }
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const b = bullet.exec(line);
    const n = b ? null : numbered.exec(line);
    if (b) item("bullets", b[1]);
    else if (n) item("numbers", n[2], Number(n[1]));
    else plain.push(line);
  }
  flush();
  return out;
}

// An address ends at the first character that is not ASCII: Chinese punctuation and text follow it directly.
const candidates = /https?:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+|\d+(?:-\d+)*/gi;
const landline = /^(0\d{2,3}-\d{7,8}|400-\d{3}-\d{4})$/;
const shortNumber = /^1\d{2,5}$/;
const asksToCall = /(?:拨打|致电|电话|热线|call|dial)[：:\s“"「]*$/i;

/** Cuts text into runs; web addresses and telephone numbers that one is asked to call become links. */
export function runs(text: string): Run[] {
  const out: Run[] = [];
  let done = 0;
  candidates.lastIndex = 0;
  for (let m = candidates.exec(text); m; m = candidates.exec(text)) {
    const before = text.slice(0, m.index);
    const label = /^\d/.test(m[0]) ? m[0] : trimmed(m[0]);
    const href = /^\d/.test(label) ? telephone(label, before) : address(label);
    if (!href) continue;
    if (m.index > done) out.push({ text: text.slice(done, m.index) });
    out.push({ text: label, href });
    done = m.index + label.length;
    candidates.lastIndex = done;
  }
  if (done < text.length) out.push({ text: text.slice(done) });
  return out;
}

function telephone(digits: string, before: string): string {
  if (/[A-Za-z0-9]$/.test(before)) return "";
  const wanted = landline.test(digits) || (shortNumber.test(digits) && asksToCall.test(before));
  return wanted ? "tel:" + digits : "";
}

// The full stop after an address and a bracket around it are not part of it.
function trimmed(url: string): string {
  for (;;) {
    const last = url[url.length - 1];
    const stray = ".,;:!?'".indexOf(last) >= 0 || (last === ")" && count(url, ")") > count(url, "(")) || (last === "]" && count(url, "]") > count(url, "["));
    if (!stray) return url;
    url = url.slice(0, -1);
  }
}

const count = (s: string, c: string) => s.split(c).length - 1;

/** Returns the address as it may be linked, or "". An address with a user name hides where it leads and is left as text. */
export function address(text: string): string {
  if (!/^https?:\/\/[^/?#]/i.test(text)) return "";
  try {
    const url = new URL(text);
    return url.username || url.password ? "" : url.href;
  } catch (e) {
    return "";
  }
}

/** Counts characters as people and the server do: code points, not UTF-16 units. */
export function characters(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

/** A file name without characters that reorder or hide what is shown. */
export function plainName(name: string): string {
  const plain = name.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff]/g, "");
  return plain.trim() || "file";
}

/** A size in words: 840 B, 12 KB, 3.4 MB. */
export function size(bytes: number): string {
  if (bytes < 1024) return bytes + " B";
  if (bytes < 1024 * 1024) return Math.round(bytes / 1024) + " KB";
  return (bytes / 1024 / 1024).toFixed(1) + " MB";
}
