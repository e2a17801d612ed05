package whisper

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func recognise(t testing.TB, e *Engine, pcm []int16) asr.Result {
	t.Helper()
	r, err := e.Recognize(context.Background(), asr.Request{PCM: pcm})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecognisesMandarin(t *testing.T) {
	e := open(t, Config{})
	for _, c := range loadClips(t) {
		for kind, pcm := range map[string][]int16{"clean": c.pcm, "phone": overPhone(t, c.pcm)} {
			r := recognise(t, e, pcm)
			if errors, chars := asr.ErrorRate(c.text, r.Text); 3*errors > chars {
				t.Errorf("%s %s: heard %q, said %q", c.name, kind, r.Text, c.text)
			}
			if r.Text != asr.Simplify(r.Text) || r.Rejected != "" {
				t.Errorf("%s %s: text %q, rejected %q", c.name, kind, r.Text, r.Rejected)
			}
			if r.Confidence <= 0.3 || r.Confidence > 1 || r.LogProb >= 0 || r.LogProb < -1.2 {
				t.Errorf("%s %s: confidence %.2f, log-probability %.2f", c.name, kind, r.Confidence, r.LogProb)
			}
			var joined strings.Builder
			for _, token := range r.Tokens {
				joined.WriteString(token.Text)
			}
			if strings.TrimSpace(joined.String()) != r.Text {
				t.Errorf("%s %s: the tokens are %q, the text %q", c.name, kind, joined.String(), r.Text)
			}
			if want := time.Duration(len(pcm)) * time.Second / asr.SampleRate; r.Audio != want || r.Elapsed <= 0 {
				t.Errorf("%s %s: audio %v in %v", c.name, kind, r.Audio, r.Elapsed)
			}
		}
	}
}

// A state that has heard a long utterance must not let it through into a short one.
func TestReusedStateForgets(t *testing.T) {
	clips := loadClips(t)
	short := clips[0].pcm
	long := slices.Concat(clips[1].pcm, clips[0].pcm, clips[1].pcm)
	e := open(t, Config{})
	fresh := recognise(t, e, short)
	recognise(t, e, long)
	again := recognise(t, e, short)
	if fresh.Raw != again.Raw || fresh.LogProb != again.LogProb {
		t.Errorf("heard %q (%f), after a longer utterance %q (%f)", fresh.Raw, fresh.LogProb, again.Raw, again.LogProb)
	}
}

func TestWorkersDoNotDisturbEachOther(t *testing.T) {
	clips := loadClips(t)
	e := open(t, Config{Workers: 2})
	want := []string{recognise(t, e, clips[0].pcm).Raw, recognise(t, e, clips[1].pcm).Raw}
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			r, err := e.Recognize(context.Background(), asr.Request{PCM: clips[i%2].pcm, Speculative: i == 2})
			if err != nil || r.Raw != want[i%2] {
				t.Errorf("heard %q, %v; alone %q", r.Raw, err, want[i%2])
			}
		})
	}
	wait.Wait()
}

func TestCancellationFreesTheWorker(t *testing.T) {
	c := loadClips(t)[0]
	running := make(chan struct{}, 1)
	e := open(t, Config{Cores: func(context.Context, bool) (int, func(), error) {
		running <- struct{}{}
		return 1, func() {}, nil
	}})
	e.settings.floor = 1500 // a long decode
	hungUp := errors.New("the caller hung up")
	ctx, cancel := context.WithCancelCause(context.Background())
	failed := make(chan error)
	go func() {
		_, err := e.Recognize(ctx, asr.Request{PCM: c.pcm})
		failed <- err
	}()
	<-running
	began := time.Now()
	cancel(hungUp)
	if err := <-failed; !errors.Is(err, hungUp) {
		t.Errorf("error %v", err)
	}
	stopped := time.Since(began)
	t.Logf("stopped after %v", stopped)
	e.settings = liveSettings
	r := recognise(t, e, c.pcm)
	if errors, _ := asr.ErrorRate(c.text, r.Text); errors > 3 {
		t.Errorf("after an aborted decode: %q", r.Text)
	}
	// Usually a few milliseconds; the bound leaves room for a busy machine and is still far below
	// the second and more that the decode would take.
	if limit := max(100*time.Millisecond, r.Elapsed/2); stopped > limit {
		t.Errorf("stopped after %v, want %v", stopped, limit)
	}
}

// A context shorter than the utterance makes whisper loop or guess; the full one does not.
func TestGuardAsksForTheFullContext(t *testing.T) {
	c := loadClips(t)[1]
	e := open(t, Config{RetryWithin: time.Hour})
	e.settings = settings{margin: -230, floor: 64, beam: 1}
	r := recognise(t, e, c.pcm)
	if errors, chars := asr.ErrorRate(c.text, r.Text); !r.Retried || 3*errors > chars {
		t.Errorf("retried: %v, heard %q, rejected %q", r.Retried, r.Text, r.Rejected)
	}
	e.cfg.RetryWithin = time.Nanosecond
	if r := recognise(t, e, c.pcm); r.Retried || r.Rejected == "" {
		t.Errorf("without time: retried %v, rejected %q, heard %q", r.Retried, r.Rejected, r.Text)
	}
}

func TestSilenceIsNotBelieved(t *testing.T) {
	e := open(t, Config{})
	for name, pcm := range map[string][]int16{"silence": make([]int16, asr.SampleRate), "a click": {1000, -1000}} {
		if r := recognise(t, e, pcm); r.Text != "" || r.Rejected == "" || r.Confidence != 0 {
			t.Errorf("%s: heard %q with confidence %.2f", name, r.Text, r.Confidence)
		}
	}
	if r := recognise(t, e, nil); r.Rejected != asr.RejectedEmpty {
		t.Errorf("no sound: %+v", r)
	}
}

func TestCoresAreAskedAndReleased(t *testing.T) {
	pcm := loadClips(t)[0].pcm
	var asked []bool
	released := 0
	busy := errors.New("busy")
	var refuse error
	e := open(t, Config{Cores: func(_ context.Context, speculative bool) (int, func(), error) {
		asked = append(asked, speculative)
		return 1, func() { released++ }, refuse
	}})
	for _, speculative := range []bool{false, true} {
		if _, err := e.Recognize(context.Background(), asr.Request{PCM: pcm, Speculative: speculative}); err != nil {
			t.Fatal(err)
		}
	}
	refuse = busy
	if _, err := e.Recognize(context.Background(), asr.Request{PCM: pcm}); !errors.Is(err, busy) {
		t.Error(err)
	}
	if !slices.Equal(asked, []bool{false, true, false}) || released != 2 {
		t.Errorf("asked %v, released %d times", asked, released)
	}
	refuse = nil
	recognise(t, e, pcm) // the refused one gave its worker back
}

func TestLanguages(t *testing.T) {
	pcm := loadClips(t)[0].pcm
	e := open(t, Config{})
	r, err := e.Recognize(context.Background(), asr.Request{PCM: pcm, Language: "auto"})
	if err != nil || !strings.Contains(r.Text, "交易") {
		t.Errorf("heard %q, %v", r.Text, err)
	}
	for request, want := range map[*asr.Request]hotline.Code{
		{PCM: pcm, Language: "klingon"}:         hotline.CodeInvalid,
		{PCM: make([]int16, 31*asr.SampleRate)}: hotline.CodeTooLarge,
	} {
		if _, err := e.Recognize(context.Background(), *request); hotline.CodeOf(err) != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestOpenExplains(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "ggml-base.bin")
	if err := os.WriteFile(broken, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		cfg  Config
		code hotline.Code
		says string
	}{
		"missing":     {Config{Model: filepath.Join(t.TempDir(), "ggml-base.bin")}, hotline.CodeModelMissing, "hotline models pull"},
		"no path":     {Config{}, hotline.CodeModelMissing, "hotline models pull"},
		"broken":      {Config{Model: broken}, hotline.CodeInvalid, "not a whisper model"},
		"workers":     {Config{Model: broken, Workers: 9}, hotline.CodeInvalid, "workers 9 outside 1…8"},
		"threads":     {Config{Model: broken, Threads: -1}, hotline.CodeInvalid, "threads -1 outside 1…16"},
		"waiting":     {Config{Model: broken, MaxWaiting: -1}, hotline.CodeInvalid, "waiting utterances -1 outside 1…1000"},
		"a directory": {Config{Model: t.TempDir()}, hotline.CodeInvalid, "not a whisper model"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Open(tt.cfg)
			if hotline.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestContextFitsTheUtterance(t *testing.T) {
	for audio, want := range map[time.Duration]int{
		time.Second:             256, // the floor
		3200 * time.Millisecond: 256,
		3300 * time.Millisecond: 320,
		10 * time.Second:        640, // 596 in steps of 64
		27 * time.Second:        1472,
		29 * time.Second:        1500, // all there is
	} {
		if got := liveSettings.context(audio, 1500); got != want {
			t.Errorf("%v gets %d, want %d", audio, got, want)
		}
	}
}
