package call

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media/resample"
)

// speaker renders prompts one after the other into the mouth: the second is made while the first
// is heard. It has one goroutine.
type speaker struct {
	voice   Voice
	mouth   *mouth
	tuning  Tuning
	jobs    chan speech
	reports chan report
	late    chan int // utterances whose sound is not there after Tuning.FirstAudio
}

// speech is one prompt to render.
type speech struct {
	ctx    context.Context // ends when the prompt is dropped
	prompt dialog.Prompt
	out    *utterance
}

// report tells the owner how a prompt was rendered.
type report struct {
	id     int
	first  time.Time // when its first sound was there; zero when it never came
	source string    // cache, live, fallback
	err    error
}

// maxQueued is how many prompts may wait to be rendered.
const maxQueued = 64

var errUnwanted = errors.New("no longer wanted")

func newSpeaker(voice Voice, m *mouth, t Tuning) *speaker {
	return &speaker{
		voice: voice, mouth: m, tuning: t,
		jobs: make(chan speech, maxQueued), reports: make(chan report, maxQueued), late: make(chan int, maxQueued),
	}
}

// run renders until ctx ends.
func (s *speaker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-s.jobs:
			r := s.render(job)
			select {
			case s.reports <- r:
			case <-ctx.Done():
				return
			}
		}
	}
}

// render speaks one prompt. When its first sound does not come in time, or not at all, the
// fall-back takes its place: something is always said. A prompt whose words no fall-back has is
// waited for longer, and the owner told to cover the wait.
func (s *speaker) render(job speech) report {
	defer s.mouth.close(job.out)
	r := report{id: job.out.id, source: "live"}
	ctx, cancel := context.WithCancelCause(job.ctx)
	defer cancel(nil)
	patience := s.tuning.FirstAudio
	if !hasFallback(job.prompt.ID) {
		late := time.AfterFunc(patience, func() {
			select {
			case s.late <- job.out.id:
			default: // the owner has not looked at many others
			}
		})
		defer late.Stop()
		patience = s.tuning.GiveUpAfter
	}
	giveUp := time.AfterFunc(patience, func() { cancel(fmt.Errorf("no sound within %v", patience)) })
	defer giveUp.Stop()

	write, err := s.writer(job.out, job.prompt.Gain)
	if err != nil {
		r.err = err
		return r
	}
	cached, err := s.voice.Speak(ctx, job.prompt, func(pcm []int16) error {
		if r.first.IsZero() && len(pcm) > 0 {
			giveUp.Stop()
			r.first = s.mouth.clock.Now()
		}
		return write(pcm)
	})
	if cached {
		r.source = "cache"
	}
	if err == nil || job.ctx.Err() != nil || errors.Is(err, errUnwanted) {
		return r
	}
	r.err = err
	if cause := context.Cause(ctx); cause != nil {
		r.err = cause
	}
	if r.first.IsZero() {
		r.first, r.source = s.mouth.clock.Now(), "fallback"
		pcm, errFallback := fallbackFor(job.prompt.ID, s.mouth.format.Rate)
		r.err = errors.Join(r.err, errFallback)
		s.mouth.append(job.out, pcm)
	}
	return r
}

// renderPiece is how much is resampled at a time: the first packet must not wait for the whole
// prompt.
const renderPiece = VoiceRate / 10

// writer returns a function that takes sound at VoiceRate and appends it at the line's rate, louder
// by gain dB.
func (s *speaker) writer(out *utterance, gain float64) (func(pcm []int16) error, error) {
	convert := func(dst, src []int16) []int16 { return append(dst, src...) }
	if s.mouth.format.Rate != VoiceRate {
		r, err := resample.New(VoiceRate, s.mouth.format.Rate)
		if err != nil {
			return nil, fmt.Errorf("speak at %v: %w", s.mouth.format, err)
		}
		convert = r.Process
	}
	var piece []int16
	return func(pcm []int16) error {
		for len(pcm) > 0 {
			n := min(len(pcm), renderPiece)
			piece = convert(piece[:0], pcm[:n])
			amplify(piece, gain)
			if !s.mouth.append(out, piece) {
				return errUnwanted
			}
			pcm = pcm[n:]
		}
		return nil
	}, nil
}

// knee is the level above which louder sound is pressed together rather than cut off.
const knee = 0.7

// amplify makes sound louder by some dB, in place.
func amplify(pcm []int16, gain float64) {
	if gain == 0 {
		return
	}
	factor := math.Pow(10, gain/20)
	for i, x := range pcm {
		y := factor * float64(x) / 32768
		if over := math.Abs(y) - knee; over > 0 {
			y = math.Copysign(knee+(1-knee)*math.Tanh(over/(1-knee)), y)
		}
		pcm[i] = int16(y * 32767)
	}
}
