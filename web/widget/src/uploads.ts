// Files on their way to the gateway.

import type { Texts } from "./texts";
import { characters, plainName, size } from "./richtext";

export interface Upload {
  id: number;
  file: File;
  /** The conversation it was sent in, and its name there; empty until the gateway has it. */
  conversation: string;
  attachment: string;
  /** 0…1 */
  progress: number;
  failed: string;
}

export const maxFile = 10 * 1024 * 1024;
const extensions = /\.(jpe?g|png|webp|pdf|mp3|wav|txt)$/i;
const types = /^(image\/(jpeg|png|webp)|application\/pdf|audio\/(mpeg|mp3|wav|x-wav|wave|vnd\.wave)|text\/plain)$/;

export const accept = "image/jpeg,image/png,image/webp,application/pdf,audio/mpeg,audio/wav,text/plain,.jpg,.jpeg,.png,.webp,.pdf,.mp3,.wav,.txt";

/** Why a file cannot be sent, or "". The gateway looks at the content as well. */
export function objection(t: Texts, file: { name: string; size: number; type: string }): string {
  const name = shortName(file.name);
  if (!types.test(file.type) && !(file.type === "" && extensions.test(file.name))) return t.fileType(name);
  if (file.size > maxFile) return t.fileTooLarge(name, size(maxFile).replace(".0", ""));
  return file.size === 0 ? t.fileEmpty(name) : "";
}

/** A file name that fits in a line, with its beginning and its extension. */
export function shortName(name: string): string {
  const plain = plainName(name);
  if (characters(plain) <= 32) return plain;
  const all = Array.from(plain);
  return all.slice(0, 20).join("") + "…" + all.slice(-10).join("");
}
