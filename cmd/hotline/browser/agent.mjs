// An agent at work in a real browser: logs in, is ready, takes the first call, talks for a while and hangs up. Each step is a
// line of JSON on standard output. Arguments: address, login, password, WAV for the microphone, seconds of talk, PNG to write.
import { createRequire } from "node:module";

const [, , url, login, password, voice, seconds, picture, packages] = process.argv;
const { chromium } = createRequire(packages)("playwright-core");
const step = (name, more) => console.log(JSON.stringify({ step: name, at: new Date().toISOString(), ...more }));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${voice}`,
    "--autoplay-policy=no-user-gesture-required",
  ],
});
try {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1366, height: 768 }, permissions: ["microphone"] });
  const page = await context.newPage();
  page.on("pageerror", (e) => step("error", { text: String(e) }));
  await page.goto(url + "/console/");
  await page.getByLabel("账号").fill(login);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "开始接待" }).click();
  await page.getByText("耳麦正常").waitFor();
  await page.getByRole("button", { name: "状态 空闲" }).waitFor();
  step("ready");
  const accept = page.getByRole("button", { name: /接听/ }).first();
  await accept.waitFor({ timeout: 60_000 });
  step("rings");
  await accept.click();
  step("accepts");
  await page.waitForTimeout(Number(seconds) * 1000);
  const captions = await page.locator("main").innerText();
  await page.screenshot({ path: picture });
  step("talked", { captions });
  await page.keyboard.press("Alt+q");
  step("hangs up");
  await page.waitForTimeout(1000);
} catch (e) {
  step("error", { text: String(e).split("\n")[0] });
  process.exitCode = 1;
} finally {
  await browser.close();
}
