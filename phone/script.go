package phone

import (
	"context"
	"errors"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// Leg is a line that a Script talks on.
type Leg interface {
	Format() media.Format
	SetSink(media.Sink) error
	SetSource(media.Source) error
	SendKeys(pressed time.Duration, keys ...dtmf.Key) error
	Done() <-chan struct{} // closed when the leg has ended
}

// ErrHungUp says that the leg ended before the step was done.
var ErrHungUp = errors.New("the line was hung up")

// ScriptConfig tunes a Script. The zero value suits a call to the gateway.
type ScriptConfig struct {
	// Silence is the pause after which the far end has finished speaking. Default 1 s.
	Silence time.Duration
	// AnswerTimeout is the longest wait for the far end's voice after ours. Default 15 s.
	AnswerTimeout time.Duration
	// MaxAnswer is the longest answer that is listened to. Default 2 min.
	MaxAnswer time.Duration
	// Level is the loudness of voice, as for NewRecorder.
	Level float64
	// Stereo keeps what we say as well; see Script.Sent.
	Stereo bool
	// Clock is the machine's when nil.
	Clock media.Clock
}

// pause is the silence that parts what the far end said before an interruption from what follows.
const pause = 200 * time.Millisecond

// Script holds a conversation step by step. Its methods are for one goroutine.
type Script struct {
	Player   *Player
	Recorder *Recorder
	Sent     *Recorder // what we said, when ScriptConfig.Stereo is set; else nil

	cfg  ScriptConfig
	leg  Leg
	next int // first frame that no turn has used
}

// Step is one thing to do: say a clip, press keys, or with neither only listen, as for a greeting.
type Step struct {
	Name string
	Clip []int16 // mono
	Rate int     // of Clip, 8000…48000 Hz
	Keys []dtmf.Key
	// Listen ends the step when the answer has gone on for so long, so that the next one
	// interrupts it. 0 hears all of it.
	Listen time.Duration
}

// Turn is what became of a step.
type Turn struct {
	Name string
	// SaidFirst and SaidLast are when our first and last voiced samples left, or when the keys
	// were handed to the leg; zero when we only listened.
	SaidFirst, SaidLast time.Time
	// AnswerFirst and AnswerLast are when the far end's first and last voiced frames came.
	AnswerFirst, AnswerLast time.Time
	Answer                  []int16 // from the one to the other, at the leg's rate
	// Early says that the far end was speaking when our last voiced sample left.
	Early bool
	// Fell is when the far end, speaking as we began, had its last voiced frame before a pause of
	// 200 ms; zero when it was silent as we began.
	Fell   time.Time
	HungUp bool // the far end hung up after the answer
}

// Latency is the time from our last voiced sample to the answer; 0 when we only listened.
func (t Turn) Latency() time.Duration {
	if t.SaidLast.IsZero() {
		return 0
	}
	return t.AnswerFirst.Sub(t.SaidLast)
}

// NewScript takes over both ends of a leg.
func NewScript(leg Leg, cfg ScriptConfig) (*Script, error) {
	setDefault(&cfg.Silence, time.Second)
	setDefault(&cfg.AnswerTimeout, 15*time.Second)
	setDefault(&cfg.MaxAnswer, 2*time.Minute)
	if cfg.Clock == nil {
		cfg.Clock = media.SystemClock{}
	}
	s := &Script{cfg: cfg, leg: leg}
	var err error
	if s.Player, err = NewPlayer(leg.Format(), cfg.Clock); err != nil {
		return nil, err
	}
	if s.Recorder, err = NewRecorder(leg.Format(), cfg.Level, cfg.Clock); err != nil {
		return nil, err
	}
	if cfg.Stereo {
		if s.Sent, err = NewRecorder(leg.Format(), cfg.Level, cfg.Clock); err != nil {
			return nil, err
		}
		s.Player.Monitor(s.Sent)
	}
	return s, errors.Join(leg.SetSink(s.Recorder), leg.SetSource(s.Player))
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// Run does the steps one after the other. It returns the turns that were done, and an error that
// names the step that was not.
func (s *Script) Run(ctx context.Context, steps ...Step) ([]Turn, error) {
	var turns []Turn
	for _, step := range steps {
		turn, err := s.Do(ctx, step)
		if err != nil {
			return turns, hotline.Errorf("step "+step.Name, hotline.CodeOf(err), "%w", err)
		}
		turns = append(turns, turn)
	}
	return turns, nil
}

// Do does one step and hears the answer. Without an answer in time the error has
// hotline.CodeTimeout; when the leg ends before an answer it is ErrHungUp.
func (s *Script) Do(ctx context.Context, step Step) (Turn, error) {
	t := Turn{Name: step.Name}
	if err := s.speak(ctx, step, &t); err != nil {
		return t, err
	}
	from := s.next
	if !t.SaidLast.IsZero() {
		from = s.Recorder.FrameAt(t.SaidLast)
		// Whether the far end has only drawn breath shows after a pause.
		known := func() bool { return s.Recorder.Frames() >= from+ticks(pause) }
		if err := s.wait(ctx, s.cfg.AnswerTimeout, known); err != nil {
			return t, err
		}
		from, t.Early = s.speaking(s.Recorder.FrameAt(t.SaidFirst), from)
	}
	var answer Span
	heard := func() (found bool) {
		answer, found = s.Recorder.Next(from, s.cfg.Silence)
		return found
	}
	if err := s.wait(ctx, s.cfg.AnswerTimeout, heard); err != nil {
		return t, err
	}
	finished := func() bool {
		answer, _ = s.Recorder.Next(from, s.cfg.Silence)
		length := time.Duration(answer.To-answer.From) * media.Tick
		return answer.Over || step.Listen > 0 && length >= step.Listen
	}
	err := s.wait(ctx, s.cfg.MaxAnswer, finished)
	t.HungUp = errors.Is(err, ErrHungUp)
	t.AnswerFirst, t.AnswerLast = answer.First, answer.Last
	t.Answer = s.Recorder.PCM(answer.From, answer.To)
	s.next = answer.To
	if !t.SaidFirst.IsZero() {
		t.Fell = s.fell(s.Recorder.FrameAt(t.SaidFirst))
	}
	if t.HungUp {
		return t, nil
	}
	return t, err
}

// speak does our part of a step.
func (s *Script) speak(ctx context.Context, step Step, t *Turn) error {
	if len(step.Clip) > 0 {
		piece, err := s.Player.Play(step.Clip, step.Rate)
		if err != nil {
			return err
		}
		select {
		case <-piece.Done():
		case <-s.leg.Done():
			return ErrHungUp
		case <-ctx.Done():
			s.Player.Stop()
			return ctx.Err()
		}
		t.SaidFirst, t.SaidLast = piece.Sent()
	}
	if len(step.Keys) > 0 {
		if err := s.leg.SendKeys(0, step.Keys...); err != nil {
			return err
		}
		t.SaidLast = s.cfg.Clock.Now()
		if t.SaidFirst.IsZero() {
			t.SaidFirst = t.SaidLast
		}
	}
	return nil
}

// fell returns when the voice that was heard at frame began ended; zero when none was heard.
func (s *Script) fell(began int) time.Time {
	span, found := s.Recorder.Next(began-ticks(pause), pause)
	if !found || span.From > began || span.To < began {
		return time.Time{}
	}
	return span.Last
}

// speaking looks for a voice that goes on at frame from and returns where it began, not before
// frame began, and whether there was one. Without one it returns from.
func (s *Script) speaking(began, from int) (int, bool) {
	for at := began; ; {
		span, found := s.Recorder.Next(at, pause)
		switch {
		case !found || span.From >= from:
			return from, false
		case span.To > from:
			return span.From, true
		}
		at = span.To
	}
}

// wait waits until holds, which is asked again with every frame.
func (s *Script) wait(ctx context.Context, limit time.Duration, holds func() bool) error {
	timeout := s.cfg.Clock.After(limit)
	for !holds() {
		select {
		case <-s.Recorder.Changed():
		case <-s.leg.Done():
			if holds() {
				return nil
			}
			return ErrHungUp
		case <-ctx.Done():
			return ctx.Err()
		case <-timeout:
			return hotline.Errorf("listen", hotline.CodeTimeout, "not done within %v", limit)
		}
	}
	return nil
}
