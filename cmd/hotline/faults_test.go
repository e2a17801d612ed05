package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
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

// The faults follow one another, for on two cores the demo shall begin beside the first of them and
// not wait for a turn of its own: it takes as long as all of them.
func TestFaults(t *testing.T) {
	t.Parallel()
	t.Run("a call goes on", callGoesOn)
	t.Run("after a killed gateway", afterKilledGateway)
}

// One call lives through both faults: what a gateway needs to start is long beside them.
func callGoesOn(t *testing.T) {
	r := testRig(t, rigConfig{})
	leg, script := testCall(t, r)
	t.Run("when the speech process dies", func(t *testing.T) { speechDies(t, r, leg, script) })
	t.Run("when the gateway is told to end", func(t *testing.T) { gatewayDrains(t, r, leg, script) })
}

func speechDies(t *testing.T, r *rig, leg *sip.Leg, script *phone.Script) {
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

// New calls are refused and the one under way is kept.
func gatewayDrains(t *testing.T, r *rig, leg *sip.Leg, script *phone.Script) {
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

// A gateway is killed in the middle of a call and of a text conversation, and started again.
func afterKilledGateway(t *testing.T) {
	dir := t.TempDir()
	r := testRig(t, rigConfig{Dir: dir})
	_, script := testCall(t, r)
	chat := beginTalk(t, r)
	written := recorded(t, dir)
	for recorded(t, dir) == written { // else we would measure how long the disk is busy
		time.Sleep(10 * time.Millisecond)
	}
	heard := script.Recorder.Frames()
	if err := r.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.exited
	r.err = errKilled

	r = testRig(t, rigConfig{Dir: dir})
	t.Run("the recording is there", func(t *testing.T) { recordingIsThere(t, dir, time.Duration(heard)*20*time.Millisecond) })
	t.Run("the conversation goes on", func(t *testing.T) { chat.goesOn(t, r) })
}

// recorded is how many bytes of recordings there are.
func recorded(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "recordings"), func(_ string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		info, err := f.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a manifest is renamed
		t.Fatal(err)
	}
	return bytes
}

// recordingIsThere fails the test unless the recording of a call of some length was repaired.
func recordingIsThere(t *testing.T, dir string, length time.Duration) {
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
	pcm, format, err := wav.ReadFile(joined)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := format.Duration(len(pcm)), length-time.Second; got < want {
		t.Errorf("%v of the recording are left, want at least %v", got, want)
	}
}

// textTalk is a text conversation with one question asked.
type textTalk struct {
	client   restClient
	id       string
	question map[string]string
	answer   []hotline.Event
}

func beginTalk(t *testing.T, r *rig) *textTalk {
	t.Helper()
	talk := &textTalk{client: restClient{address: r.HTTP, http: http.DefaultClient}, question: map[string]string{"text": "办居住证要什么材料"}}
	var begun struct{ ID, Token string }
	if status, err := talk.client.post(t.Context(), "/conversations", "", map[string]string{"channel": "text"}, &begun); status != http.StatusCreated {
		t.Fatal(status, err)
	}
	talk.id, talk.client.token = begun.ID, begun.Token
	talk.answer = talk.post(t, talk.question, "k1")
	return talk
}

func (talk *textTalk) post(t *testing.T, message map[string]string, key string) []hotline.Event {
	t.Helper()
	var out struct{ Events []hotline.Event }
	if status, err := talk.client.post(t.Context(), "/conversations/"+talk.id+"/messages", key, message, &out); status != http.StatusOK || err != nil {
		t.Fatal(status, err)
	}
	return out.Events
}

func (talk *textTalk) goesOn(t *testing.T, r *rig) {
	talk.client.address = r.HTTP
	if again := talk.post(t, talk.question, "k1"); len(again) != len(talk.answer) {
		t.Errorf("%d events for the same again, before %d", len(again), len(talk.answer))
	}
	next := talk.post(t, map[string]string{"text": "再说一遍"}, "k2")
	last := talk.answer[len(talk.answer)-1].Seq
	if heard, ok := next[0].Body.(hotline.Heard); !ok || heard.Turn != 2 || next[0].Seq != last+1 {
		t.Errorf("goes on with %+v after %d", next[0], last)
	}
	if ready, err := r.readiness(t.Context()); err != nil || !ready.Storage {
		t.Errorf("%+v %v", ready, err)
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
