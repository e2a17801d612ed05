// The nonce that lets style elements in. Some parts of antd make them without it (locking the scroll behind a dialog,
// measuring a scroll bar), so that every style element made by the console's own script is given it here.

export const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";

const create = document.createElement.bind(document) as (name: string, options?: ElementCreationOptions) => HTMLElement;

document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = create(name, options);
  if (nonce && name === "style") element.nonce = nonce;
  return element;
}) as typeof document.createElement;
