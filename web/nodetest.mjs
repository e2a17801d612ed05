// Runs files of node:test so that nothing outlives the run. A test that hangs fails after perTest milliseconds, and a file
// whose tests are done ends even if a browser of theirs does not; but node waits for everybody who holds the output of a
// test, as a Chromium that was left does. So whatever the tests have started is killed when they end, are ended by a
// signal, or are not done within the given milliseconds.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export async function nodeTest(files, { concurrency, perTest = 120_000, within = 600_000 }) {
  const mark = `NODETEST_RUN=${process.pid}.${Date.now()}`;
  const [name, value] = mark.split("=");
  const args = ["--enable-source-maps", "--test", "--test-force-exit", "--test-reporter=spec", `--test-concurrency=${concurrency}`, `--test-timeout=${perTest}`, ...files];
  const tests = spawn(process.execPath, args, { stdio: "inherit", env: { ...process.env, [name]: value } });
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => killMarked(mark));
  const deadline = setTimeout(() => {
    console.error(`the tests were not done within ${within} ms`);
    killMarked(mark);
  }, within);
  const status = await new Promise((done) => tests.on("exit", done));
  clearTimeout(deadline);
  killMarked(mark);
  return status ?? 1;
}

// killMarked kills the processes that have mark in their environment. Systems without /proc are left alone.
function killMarked(mark) {
  let all = [];
  try {
    all = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
  } catch {
    return;
  }
  for (const pid of all) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark)) process.kill(Number(pid), "SIGKILL");
    } catch {
      // gone meanwhile, or somebody else's
    }
  }
}
