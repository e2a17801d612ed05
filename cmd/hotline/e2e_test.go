package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
)

// testCall places a call and hears the greeting.
func testCall(t *testing.T, r *rig) (*sip.Leg, *phone.Script) {
	t.Helper()
	telephone, err := startSoftphone(t.Context(), softphoneConfig{Codecs: onlyPCMA()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = telephone.close() })
	leg, err := telephone.dial(t.Context(), r.uri("12345"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := phone.NewScript(leg, phone.ScriptConfig{AnswerTimeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := script.Do(t.Context(), phone.Step{Name: "greeting"}); err != nil {
		t.Fatal(err)
	}
	return leg, script
}

func ask(t *testing.T, script *phone.Script, name string) phone.Turn {
	t.Helper()
	list, err := loadClips(name)
	if err != nil {
		t.Fatal(err)
	}
	turn, err := script.Do(t.Context(), phone.Step{Name: name, Clip: list[0].pcm, Rate: list[0].rate})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return turn
}

func prompts(t *testing.T, r *rig, leg *sip.Leg) []string {
	t.Helper()
	events, err := r.events(leg.Call().CallID)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range events {
		if said, ok := e.Body.(hotline.Said); ok {
			ids = append(ids, said.Prompt)
		}
	}
	return ids
}

func TestDemoHearsEveryAnswer(t *testing.T) {
	t.Parallel()
	needModels(t, "whisper-base", "kokoro", "zf_xiaobei", "silero-vad")
	status, stdout, stderr := command(t, "demo", "--data="+t.TempDir(), "--say=q_elder,q_repeat,q_agent")
	if status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, stdout, stderr)
	}
	wanted := []string{"市民 caller", "热线 hotline", "转人工 handed over", "stereo recording", "every expected answer was heard"}
	if _, err := browserTools(); err == nil || os.Getenv("CI") != "" {
		wanted = append(wanted, "both sides were heard")
	}
	for _, want := range wanted {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

func TestServeNamesAMissingModel(t *testing.T) {
	t.Setenv("HOTLINE_MODELS", t.TempDir())
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf("data: %q\n", t.TempDir())), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := command(t, "serve", "-c", file)
	if status != 1 || !strings.Contains(stderr, "hotline models pull silero-vad") || strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
		t.Errorf("status %d, want 1 and one sentence with the command:\n%s", status, stderr)
	}
}
