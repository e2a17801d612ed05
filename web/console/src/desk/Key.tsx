import { keys, type KeyName } from "./keys";

// Key shows which key does the same.
export const Key = ({ of }: { of: KeyName }) => <kbd aria-hidden="true">{keys[of][0]}</kbd>;
