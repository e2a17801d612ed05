import { post } from "../api/client";
import type { Command } from "../api/types";

export const talkPath = (conversation: string) => `/desk/talks/${encodeURIComponent(conversation)}`;

export const command = (conversation: string, c: Command) => post(talkPath(conversation) + "/command", c);

// freshKey names a message, so that sending it again does not say it twice. randomUUID is not there on plain HTTP.
export const freshKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
