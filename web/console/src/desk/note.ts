import { post } from "../api/client";
import { keep, kept } from "../parts/kept";
import { talkPath } from "./command";

// Written is a note as it stands in its field, and whether the gateway has it.
interface Written {
  text: string;
  saved: boolean;
}

const place = (conversation: string) => "note." + conversation;
const saving = new Map<string, Promise<void>>();

export const written = (conversation: string) => kept<Written>(place(conversation));
export const write = (conversation: string, text: string): void => keep(place(conversation), { text, saved: false });
export const forgetNote = (conversation: string): void => keep(place(conversation), undefined);

// saveNote gives the gateway what it does not have, one request at a time. What could not be saved is tried again with the next.
export function saveNote(conversation: string): Promise<void> {
  const before = saving.get(conversation)?.catch(() => undefined);
  const save = async () => {
    await before;
    const note = written(conversation);
    if (!note || note.saved) return;
    await post(talkPath(conversation) + "/note", { text: note.text });
    if (written(conversation)?.text === note.text) keep(place(conversation), { ...note, saved: true });
  };
  const now = save();
  saving.set(conversation, now);
  return now;
}
