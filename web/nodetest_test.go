package web

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A test that never ends fails, and the process that it left behind, in a group of its own as Chromium is, is gone.
func TestATestThatHangsEndsWithWhatItStarted(t *testing.T) {
	for name, c := range map[string]struct {
		within string
		term   bool
	}{"by its deadline": {within: "20000"}, "by a signal": {within: "60000", term: true}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, pid := filepath.Join(dir, "hangs.test.mjs"), filepath.Join(dir, "pid")
			hangs := `import test from "node:test";
import { spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
test("hangs", async () => {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "inherit" });
  writeFileSync(process.env.PID_FILE + ".new", String(child.pid));
  renameSync(process.env.PID_FILE + ".new", process.env.PID_FILE);
  await new Promise(() => setInterval(() => {}, 1000));
});`
			if err := os.WriteFile(file, []byte(hangs), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := node(t, consoleSource, "--input-type=module", "-e",
				`import { nodeTest } from "../nodetest.mjs"; process.exit(await nodeTest([process.env.TEST_FILE], { concurrency: 1, perTest: 500, within: `+c.within+` }));`)
			cmd.Env = append(cmd.Env, "TEST_FILE="+file, "PID_FILE="+pid)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.term {
				go func() {
					for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
						if _, err := os.Stat(pid); err == nil {
							_ = cmd.Process.Signal(syscall.SIGTERM)
							return
						}
					}
				}()
			}
			err := cmd.Wait()
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Fatalf("%v, want exit 1\n%s", err, out.Bytes())
			}
			text, err := os.ReadFile(pid)
			if err != nil {
				t.Fatalf("the test did not run: %v\n%s", err, out.Bytes())
			}
			if alive(t, strings.TrimSpace(string(text))) {
				t.Error("what the test started is still there")
			}
		})
	}
}

// alive waits for a killed process to go. A zombie that nobody has waited for counts as gone.
func alive(t *testing.T, pid string) bool {
	t.Helper()
	if _, err := strconv.Atoi(pid); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return false
		}
	}
	return true
}
