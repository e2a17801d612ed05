package web

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const widgetSource = "widget"

// node returns a command in a folder of sources, or skips: where there is no Node or its packages have not been fetched,
// the tests in it cannot run. In CI that is a failure.
func node(t *testing.T, source string, args ...string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("short")
	}
	out, err := exec.Command("node", "-p", "process.versions.node.split('.')[0]").Output()
	if version, _ := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || version < 20 {
		missing(t, "Node 20 or later is not installed")
	}
	if _, err := os.Stat(filepath.Join(source, "node_modules", ".package-lock.json")); err != nil {
		missing(t, "the packages of web/"+source+" are not there: run scripts/setup.sh tests")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 11*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // run.mjs ends what it started
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = source
	folder, err := filepath.Abs(source)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "WIDGET_DIR="+folder)
	return cmd
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	} else if testing.Verbose() {
		t.Logf("%s", out)
	}
}

func TestBuildingTheWidgetGivesTheCommittedBytes(t *testing.T) {
	out := t.TempDir()
	run(t, node(t, widgetSource, "build.mjs", out))
	for _, name := range []string{"widget.js", "widget.css"} {
		built, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		committed, err := files.ReadFile("dist/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(built, committed) {
			t.Errorf("dist/%s is not what its source builds to: run npm run build in web/widget", name)
		}
	}
}

func TestWidgetTypes(t *testing.T) {
	run(t, node(t, widgetSource, "node_modules/typescript/bin/tsc", "-p", "tsconfig.json"))
	run(t, node(t, widgetSource, "node_modules/typescript/bin/tsc", "-p", "tsconfig.test.json"))
}

func TestWidgetUnits(t *testing.T) {
	run(t, node(t, widgetSource, "test/run.mjs", "unit"))
}

// The pages come from Handler, so the browser sees the headers that visitors get, and calls go to a real front end. HOTLINE_URL points the tests at a
// gateway that is running instead, WIDGET_ONLY chooses a file.
func TestWidgetInBrowser(t *testing.T) {
	cmd := node(t, widgetSource, "test/run.mjs", "browser", os.Getenv("WIDGET_ONLY"))
	if browser() == "" {
		missing(t, "Chromium is not installed: run scripts/setup.sh tests")
	}
	server := httptest.NewServer(Handler())
	defer server.Close()
	cmd.Env = append(cmd.Env, "HOTLINE_WEB="+server.URL, "HOTLINE_CALLS="+startCalls(t), "CHROMIUM="+browser())
	run(t, cmd)
}

func browser() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
