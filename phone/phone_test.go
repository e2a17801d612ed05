package phone

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/wav"
)

const rate = 8000

// tone is a voice of one pitch, silence a voice of none.
func tone(d time.Duration, rate int) []int16 {
	pcm := make([]int16, int(d*time.Duration(rate)/time.Second))
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i)/float64(rate)))
	}
	return pcm
}

func silence(d time.Duration, rate int) []int16 {
	return make([]int16, int(d*time.Duration(rate)/time.Second))
}

func join(parts ...[]int16) (all []int16) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// loop is a leg whose far end is a robot: once it has heard voice and then as much silence as its
// patience, it says the next of its answers, from the next tick on.
type loop struct {
	patience time.Duration
	stopsFor time.Duration // voice that silences it while it speaks; 0 is none
	answers  [][]int16
	hangUp   bool // after the last answer

	sink    media.Sink
	source  media.Source
	done    chan struct{}
	keys    []dtmf.Key
	keyed   chan struct{}
	saying  []int16
	pending bool
	quiet   time.Duration
	voice   time.Duration
}

func (l *loop) Format() media.Format           { return media.Mono(rate) }
func (l *loop) SetSink(s media.Sink) error     { l.sink = s; return nil }
func (l *loop) SetSource(s media.Source) error { l.source = s; return nil }
func (l *loop) Done() <-chan struct{}          { return l.done }
func (l *loop) SendKeys(_ time.Duration, keys ...dtmf.Key) error {
	l.keys = append(l.keys, keys...)
	l.keyed <- struct{}{}
	return nil
}

func (l *loop) speak() {
	if len(l.answers) > 0 {
		l.saying, l.answers = l.answers[0], l.answers[1:]
	}
}

// tick moves one frame each way, what is heard first, as legs do.
func (l *loop) tick() {
	frame := make([]int16, l.Format().TickSamples())
	was := len(l.saying)
	l.saying = l.saying[copy(frame, l.saying):]
	_ = l.sink.WriteFrame(media.Frame{PCM: frame})
	if was > 0 && len(l.saying) == 0 && len(l.answers) == 0 && l.hangUp {
		close(l.done)
		return
	}
	l.source.ReadFrame(frame)
	if loudness(frame) > energy(DefaultLevel) {
		l.quiet, l.pending = 0, true
		if l.voice += media.Tick; len(l.saying) > 0 && l.stopsFor > 0 && l.voice >= l.stopsFor {
			l.saying = nil
		}
		return
	}
	l.voice = 0
	if l.quiet += media.Tick; l.pending && l.quiet == l.patience {
		l.pending = false
		l.speak()
	}
}

// run ticks until the robot hangs up or ctx ends.
func (l *loop) run(ctx context.Context) {
	ticker := time.NewTicker(media.Tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.done:
			return
		case <-l.keyed:
			l.speak()
		case <-ticker.C:
			l.tick()
		}
	}
}

// talk runs a script against a robot.
func talk(t *testing.T, l *loop, cfg ScriptConfig, play func(context.Context, *Script)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l.done, l.keyed = make(chan struct{}), make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		script, err := NewScript(l, cfg)
		if err != nil {
			t.Fatal(err)
		}
		go l.run(ctx)
		play(ctx, script)
	})
}

func TestScriptMeasuresTheWayToTheAnswer(t *testing.T) {
	// The second answer holds a pause that is shorter than the one that ends it.
	second := join(tone(300*time.Millisecond, rate), silence(700*time.Millisecond, rate), tone(200*time.Millisecond, rate))
	l := &loop{patience: 500 * time.Millisecond, answers: [][]int16{tone(time.Second, rate), second, tone(400*time.Millisecond, rate)}}
	l.speak() // a greeting
	clip := join(silence(300*time.Millisecond, 16000), tone(600*time.Millisecond, 16000), silence(240*time.Millisecond, 16000))
	talk(t, l, ScriptConfig{}, func(ctx context.Context, s *Script) {
		turns, err := s.Run(ctx, Step{Name: "greeting"}, Step{Name: "first", Clip: clip, Rate: 16000}, Step{Name: "second", Clip: clip, Rate: 16000})
		if err != nil {
			t.Fatal(err)
		}
		if len(turns) != 3 {
			t.Fatalf("%d turns", len(turns))
		}
		for i, want := range []struct {
			name            string
			latency, answer time.Duration
		}{
			{"greeting", 0, time.Second}, {"first", 520 * time.Millisecond, 1200 * time.Millisecond}, {"second", 520 * time.Millisecond, 400 * time.Millisecond},
		} {
			turn := turns[i]
			if turn.Name != want.name || turn.Latency() != want.latency || turn.Early || turn.HungUp || !turn.Fell.IsZero() {
				t.Errorf("turn %q: latency %v, early %v, hung up %v, fell %v; want %v and nothing else", turn.Name, turn.Latency(), turn.Early, turn.HungUp, turn.Fell, want.latency)
			}
			if got := media.Mono(rate).Duration(len(turn.Answer)); got != want.answer {
				t.Errorf("turn %q: an answer of %v, want %v", turn.Name, got, want.answer)
			}
			if got := turn.AnswerLast.Sub(turn.AnswerFirst) + media.Tick; got != want.answer {
				t.Errorf("turn %q: the answer took %v, want %v", turn.Name, got, want.answer)
			}
			if said := turn.SaidLast.Sub(turn.SaidFirst) + media.Tick; i > 0 && said != 600*time.Millisecond {
				t.Errorf("turn %q: our voice took %v, want 600ms", turn.Name, said)
			}
		}
		if diff := cmp.Diff(second, turns[1].Answer); diff != "" {
			t.Error("the answer heard is not the one that was said")
		}
	})
}

func TestScriptInterrupts(t *testing.T) {
	l := &loop{
		patience: 400 * time.Millisecond, stopsFor: 160 * time.Millisecond,
		answers: [][]int16{tone(5*time.Second, rate), tone(300*time.Millisecond, rate)},
	}
	l.speak()
	talk(t, l, ScriptConfig{}, func(ctx context.Context, s *Script) {
		turns, err := s.Run(ctx, Step{Listen: time.Second}, Step{Clip: tone(300*time.Millisecond, rate), Rate: rate})
		if err != nil {
			t.Fatal(err)
		}
		if got := media.Mono(rate).Duration(len(turns[0].Answer)); got != time.Second {
			t.Errorf("listened for %v, want 1s", got)
		}
		turn := turns[1]
		if got := turn.Fell.Sub(turn.SaidFirst); got != 140*time.Millisecond { // the eighth frame silences the ninth
			t.Errorf("the far end fell silent after %v, want 140ms", got)
		}
		if turn.Latency() != 420*time.Millisecond || turn.Early || len(turn.Answer) != len(tone(300*time.Millisecond, rate)) {
			t.Errorf("latency %v, early %v, answer of %d samples", turn.Latency(), turn.Early, len(turn.Answer))
		}
	})
}

func TestScriptTellsAnAnswerThatCameTooEarly(t *testing.T) {
	l := &loop{patience: 200 * time.Millisecond, answers: [][]int16{tone(time.Second, rate)}}
	clip := join(tone(200*time.Millisecond, rate), silence(300*time.Millisecond, rate), tone(400*time.Millisecond, rate))
	talk(t, l, ScriptConfig{}, func(ctx context.Context, s *Script) {
		turn, err := s.Do(ctx, Step{Clip: clip, Rate: rate})
		if err != nil {
			t.Fatal(err)
		}
		if want := -480 * time.Millisecond; !turn.Early || turn.Latency() != want {
			t.Errorf("early %v, latency %v; want true, %v", turn.Early, turn.Latency(), want)
		}
	})
}

func TestScriptSendsKeys(t *testing.T) {
	l := &loop{answers: [][]int16{tone(300*time.Millisecond, rate)}}
	talk(t, l, ScriptConfig{}, func(ctx context.Context, s *Script) {
		turn, err := s.Do(ctx, Step{Keys: []dtmf.Key{'1', '#'}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]dtmf.Key{'1', '#'}, l.keys); diff != "" {
			t.Error(diff)
		}
		if turn.Latency() != media.Tick {
			t.Errorf("latency %v, want %v", turn.Latency(), media.Tick)
		}
	})
}

func TestScriptHearsTheLastAnswerBeforeHangUp(t *testing.T) {
	l := &loop{patience: 300 * time.Millisecond, hangUp: true, answers: [][]int16{tone(500*time.Millisecond, rate)}}
	talk(t, l, ScriptConfig{}, func(ctx context.Context, s *Script) {
		step := Step{Clip: tone(300*time.Millisecond, rate), Rate: rate}
		turn, err := s.Do(ctx, step)
		if err != nil || !turn.HungUp || len(turn.Answer) != len(tone(500*time.Millisecond, rate)) {
			t.Errorf("hung up %v, %d samples, %v", turn.HungUp, len(turn.Answer), err)
		}
		if _, err := s.Do(ctx, step); !errors.Is(err, ErrHungUp) {
			t.Errorf("on a dead line: %v", err)
		}
	})
}

func TestScriptGivesUp(t *testing.T) {
	talk(t, &loop{}, ScriptConfig{AnswerTimeout: 3 * time.Second}, func(ctx context.Context, s *Script) {
		begun := time.Now()
		turns, err := s.Run(ctx, Step{Name: "deaf", Clip: tone(200*time.Millisecond, rate), Rate: rate})
		if hotline.CodeOf(err) != hotline.CodeTimeout || len(turns) != 0 {
			t.Errorf("%d turns, error %v", len(turns), err)
		}
		if waited := time.Since(begun); waited > 4*time.Second {
			t.Errorf("waited for %v", waited)
		}
	})
	talk(t, &loop{answers: [][]int16{tone(time.Minute, rate)}}, ScriptConfig{MaxAnswer: 2 * time.Second}, func(ctx context.Context, s *Script) {
		if _, err := s.Do(ctx, Step{Keys: []dtmf.Key{'0'}}); hotline.CodeOf(err) != hotline.CodeTimeout {
			t.Errorf("an endless answer: %v", err)
		}
	})
	talk(t, &loop{}, ScriptConfig{}, func(ctx context.Context, s *Script) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := s.Do(ctx, Step{Clip: tone(3*time.Second, rate), Rate: rate}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestStereoHoldsBothSidesAtTheirTimes(t *testing.T) {
	l := &loop{patience: 400 * time.Millisecond, answers: [][]int16{tone(300*time.Millisecond, rate)}}
	talk(t, l, ScriptConfig{Stereo: true}, func(ctx context.Context, s *Script) {
		turn, err := s.Do(ctx, Step{Clip: tone(200*time.Millisecond, rate), Rate: rate})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "both.wav")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := WriteStereo(f, s.Sent, s.Recorder); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := wav.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if r.Format() != (media.Format{Rate: rate, Channels: 2}) {
			t.Fatalf("format %v", r.Format())
		}
		var left, right []int16
		for pair := make([]int16, 2); ; {
			if _, err := r.Read(pair); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			left, right = append(left, pair[0]), append(right, pair[1])
		}
		_, said := Voiced(left, rate)
		answered, _ := Voiced(right, rate)
		// SaidLast and AnswerFirst are ticks; the file shows the sample.
		if got, want := media.Mono(rate).Duration(answered-said), turn.Latency()-media.Tick; got != want {
			t.Errorf("the answer follows after %v in the file, want %v", got, want)
		}
	})
}

func TestStereoAlignsRecordingsThatBeganApart(t *testing.T) {
	clock := &stepClock{now: time.Unix(0, 0)}
	left, right := newRecorder(t, clock), newRecorder(t, clock)
	voice := tone(media.Tick, rate)
	for i := range 10 {
		if i >= 3 {
			_ = left.WriteFrame(media.Frame{PCM: voice})
		}
		_ = right.WriteFrame(media.Frame{PCM: voice})
		clock.now = clock.now.Add(media.Tick)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "both.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := WriteStereo(f, left, right); err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != int64(wav.HeaderSize+10*len(voice)*2*2) {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
}
