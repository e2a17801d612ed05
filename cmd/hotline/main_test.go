package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// command runs one command line.
func command(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	status = run(t.Context(), args, &out, &errOut)
	return status, out.String(), errOut.String()
}

// commandLine is one command line with its outcome; what it prints holds stdout and stderr.
type commandLine struct {
	args   string
	status int
	stdout string
	stderr string
}

func checkCommands(t *testing.T, lines []commandLine) {
	t.Helper()
	for _, c := range lines {
		t.Run(c.args, func(t *testing.T) {
			status, stdout, stderr := command(t, strings.Fields(c.args)...)
			if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, want %d\nstdout, want %q:\n%s\nstderr, want %q:\n%s",
					status, c.status, c.stdout, stdout, c.stderr, stderr)
			}
		})
	}
}

func TestCommandLines(t *testing.T) {
	t.Setenv("HOTLINE_MODELS", t.TempDir())
	letter := filepath.Join(t.TempDir(), "letter.bin")
	if err := os.WriteFile(letter, []byte("Dear all,"), 0o644); err != nil {
		t.Fatal(err)
	}
	checkCommands(t, []commandLine{
		{"--help", 0, "models pull", ""},
		{"models list", 0, "whisper-base", ""},
		{"models pull unheard-of", 2, "", "hotline models list"},
		{"models verify whisper-base", 1, "missing", "hotline models pull whisper-base"},
		{"models import " + letter, 2, "", "neither a ggml"},
		{"unheard-of", 2, "", "unheard-of"},
		{"", 2, "", "models"},
		{"--log-level=loud models list", 2, "", "log-level"},
	})
}

func TestAnEmptyVariableMeansTheCacheFolder(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOTLINE_MODELS", "")
	want := filepath.Join(cache, "hotline", "models")
	if status, stdout, _ := command(t, "models", "list"); status != 0 || !strings.HasPrefix(stdout, want+"\n") {
		t.Errorf("status %d, want the folder %s:\n%s", status, want, stdout)
	}
}

func TestDoctorNamesWhatIsMissing(t *testing.T) {
	t.Setenv("HOTLINE_MODELS", t.TempDir())
	t.Setenv("HOTLINE_ONNXRUNTIME", filepath.Join(t.TempDir(), "none.so"))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	status, stdout, stderr := command(t, "doctor", "--full", "--sip-port="+port, "--data="+filepath.Join(t.TempDir(), "later"))
	if status != 1 || !strings.Contains(stderr, "things are missing") {
		t.Errorf("status %d, stderr %s", status, stderr)
	}
	for _, want := range []string{
		"✗ 模型 model whisper-base", "→ hotline models pull whisper-base", "✗ onnxruntime", "→ make setup",
		"! SIP 端口 port " + port, "sport = :" + port,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

func TestDoctorEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errOut bytes.Buffer
	if status := run(ctx, []string{"doctor"}, &out, &errOut); status != 1 || out.Len() > 0 {
		t.Errorf("status %d, output %s", status, out.String())
	}
}
