// A browser that a test drives: a line of JSON on standard input is something to do, a line on standard output what became
// of it. Pages have names; each has a context of its own. Arguments: WAV for every microphone, where playwright-core is.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [, , voice, packages] = process.argv;
const { chromium } = createRequire(packages)("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${voice}`, "--autoplay-policy=no-user-gesture-required"],
});
const pages = {};
const within = 20_000;

// Connections of the page are kept, so that what they hear can be measured.
const keep = () => {
  window.peers = [];
  const Own = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Own {
    constructor(...a) {
      super(...a);
      window.peers.push(this);
    }
  };
};

// The levels of tones in what a page hears by now, in dB, and of everything ("0").
const levels = async (tones) => {
  const live = window.peers.filter((p) => p.connectionState === "connected").at(-1);
  const track = live?.getReceivers()[0]?.track;
  if (!track) return null;
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(analyser);
  await new Promise((done) => setTimeout(done, 400));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const width = context.sampleRate / analyser.fftSize;
  const at = (hz) => Math.max(...bins.subarray(Math.floor(hz / width) - 2, Math.ceil(hz / width) + 3));
  const heard = { 0: Math.max(-200, ...bins) };
  for (const hz of tones) heard[hz] = Math.max(-200, at(hz));
  await context.close();
  return heard;
};

const where = (page, a) => (a.role ? page.getByRole(a.role, { name: a.name, exact: a.exact }) : a.label ? page.getByLabel(a.label, { exact: true }) : a.css ? page.locator(a.css) : page.getByText(a.text)).first();
const does = {
  async open({ page, url, microphone }) {
    const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1366, height: 768 }, permissions: microphone ? ["microphone"] : [] });
    await context.addInitScript(keep);
    pages[page] = await context.newPage();
    pages[page].setDefaultTimeout(within);
    await pages[page].goto(url);
  },
  click: ({ page, ...a }) => where(pages[page], a).click(),
  fill: ({ page, value, ...a }) => where(pages[page], a).fill(value),
  press: ({ page, key }) => pages[page].keyboard.press(key),
  wait: ({ page, ...a }) => where(pages[page], a).waitFor(),
  gone: ({ page, ...a }) => where(pages[page], a).waitFor({ state: "hidden" }),
  words: ({ page, css }) => pages[page].locator(css).first().innerText(),
  hears: ({ page, tones }) => pages[page].evaluate(levels, tones),
  reload: ({ page }) => pages[page].reload(),
  picture: ({ page, path }) => pages[page].screenshot({ path }),
  close: ({ page }) => pages[page].context().close(),
};
/** What a page says when something was not found on it. */
const shown = async (page) => {
  try {
    return "the page says " + JSON.stringify((await page.locator("body").ariaSnapshot({ timeout: 1000 })).slice(-1000));
  } catch (e) {
    return "the page cannot be read: " + e;
  }
};
for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, ...a } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ value: (await does[what](a)) ?? null }));
  } catch (e) {
    console.log(JSON.stringify({ error: String(e).split("\n").slice(0, 4).join(" ") + "; " + (await shown(pages[a.page])) }));
  }
}
await browser.close();
