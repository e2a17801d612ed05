package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
)

// asProgram makes the test binary behave as the program, for the gateway and its speech process.
const asProgram = "HOTLINE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// testRig starts a gateway with its prompts rendered.
func testRig(t *testing.T, dir string) *rig {
	t.Helper()
	needModels(t, "whisper-base", "kokoro", "zf_xiaobei", "silero-vad")
	t.Setenv(asProgram, "1")
	cache, err := promptCache()
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := rehearse("老年人坐公交免费吗？", "没有了，谢谢。")
	if err != nil {
		t.Fatal(err)
	}
	r, err := startRig(t.Context(), rigConfig{Dir: dir, Cache: cache, Prompts: ahead})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil && !errors.Is(err, errKilled) {
			t.Logf("gateway: %v\n%s", err, r.log.String())
		}
	})
	if err := r.awaitPrompts(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// errKilled marks a gateway that the test has killed itself.
var errKilled = errors.New("killed")

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
	needModels(t, "whisper-base", "kokoro", "zf_xiaobei", "silero-vad")
	t.Setenv(asProgram, "1")
	status, stdout, stderr := command(t, "demo", "--data="+t.TempDir())
	if status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, stdout, stderr)
	}
	for _, want := range []string{"市民 caller", "热线 hotline", "转人工 handed over", "stereo recording", "every expected answer was heard"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

func TestCallGoesOnWhenTheSpeechProcessDies(t *testing.T) {
	r := testRig(t, t.TempDir())
	leg, script := testCall(t, r)
	child := childOf(t, r.command.Process.Pid)
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	turn := ask(t, script, "q_elder")
	if turn.Latency() > 2*time.Second {
		t.Errorf("the fall-back came after %v, want 2 s", turn.Latency())
	}
	deadline := time.Now().Add(time.Minute)
	for {
		ready, err := r.readiness(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ready.Ready {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the speech process did not come back\n%s", r.log.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
	ask(t, script, "q_elder")
	if said := prompts(t, r, leg); !slices.Contains(said, "answer.kb.elder.card") {
		t.Fatalf("no answer after the speech process was killed; said %v\n%s", said, r.log.String())
	}
	if said := prompts(t, r, leg); !slices.Contains(said, "fault") {
		t.Errorf("the caller was not told of the fault; said %v", said)
	}
}

func TestRecordingOutlivesAKilledGateway(t *testing.T) {
	dir := t.TempDir()
	r := testRig(t, dir)
	_, script := testCall(t, r)
	heard := script.Recorder.Frames()
	if err := r.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.exited
	r.err = errKilled

	again := testRig(t, dir)
	manifests, err := filepath.Glob(filepath.Join(dir, "recordings", "*", "*", "*", "*", record.ManifestName))
	if err != nil || len(manifests) != 1 {
		t.Fatalf("%d manifests, %v; want 1", len(manifests), err)
	}
	folder := filepath.Dir(manifests[0])
	manifest, err := record.ReadManifest(folder)
	if err != nil || !manifest.Recovered || manifest.Closed.IsZero() {
		t.Errorf("manifest %+v, %v; want it recovered and closed", manifest, err)
	}
	joined := filepath.Join(dir, "call.wav")
	if err := record.Concat(folder, joined, nil); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(joined)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	pcm, format, err := wav.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := format.Duration(len(pcm)), time.Duration(heard)*20*time.Millisecond-time.Second; got < want {
		t.Errorf("%v of the recording are left, want at least %v", got, want)
	}
	if err := again.awaitPrompts(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestDrainingRefusesNewCallsAndKeepsOldOnes(t *testing.T) {
	r := testRig(t, t.TempDir())
	leg, script := testCall(t, r)
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		telephone, err := startSoftphone(t.Context(), softphoneConfig{})
		if err != nil {
			t.Fatal(err)
		}
		second, err := telephone.dial(t.Context(), r.uri("12345"))
		_ = telephone.close()
		var refusal *sip.StatusError
		if errors.As(err, &refusal) && refusal.Status == 503 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a new call got %v, %v; want 503", second, err)
		}
	}
	select {
	case <-leg.Done():
		t.Fatal("the running call was cut off")
	default:
	}
	if turn := ask(t, script, "q_bye"); !turn.HungUp {
		t.Error("the running call was not ended in order")
	}
	select {
	case <-r.exited:
		if r.err != nil {
			t.Errorf("the gateway ended with %v\n%s", r.err, r.log.String())
		}
	case <-time.After(10 * time.Second):
		t.Error("the gateway did not end after its last call")
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

// childOf returns the only child process of another.
func childOf(t *testing.T, parent int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range stats {
			data, err := os.ReadFile(path)
			if err != nil {
				continue
			}
			fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
			if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
				return pid
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("process %d has no child", parent)
	return 0
}
