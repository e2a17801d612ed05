package call

import (
	"context"

	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// whisper is what a phone is told about the caller before it is joined. It is rendered while the phone rings, so that who
// picks up does not wait for the voice.
type whisper struct {
	prompt dialog.Prompt
	done   chan struct{} // closed once the rest is there
	pcm    []int16       // at VoiceRate
	err    error
}

// Speak implements Voice, for the prompt it has.
func (w *whisper) Speak(ctx context.Context, _ dialog.Prompt, emit func(pcm []int16) error) (cached bool, err error) {
	select {
	case <-w.done:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if w.err != nil {
		return false, w.err
	}
	return false, emit(w.pcm)
}

// briefed tells whether whoever answers there is whispered to: the phone of an agent.
func briefed(to desk.Target) bool { return to.Agent != "" && to.Extension != "" }

// whisper begins to render what a phone will be told.
func (c *Conversation) whisper(ctx context.Context) *whisper {
	w := &whisper{prompt: dialog.Prompt{ID: "brief", Text: c.cfg.Desk.Whisper()}, done: make(chan struct{})}
	c.tasks.Go(func() {
		defer close(w.done)
		_, w.err = c.cfg.Voice.Speak(ctx, w.prompt, func(pcm []int16) error {
			w.pcm = append(w.pcm, pcm...)
			return nil
		})
	})
	return w
}

// brief whispers to a phone whom it is about, and how to take the call.
func (c *Conversation) brief(place handoff.Seat) {
	s := c.seats[place]
	if s == nil {
		return
	}
	if s.whisper == nil {
		s.whisper = c.whisper(c.ctx)
	}
	c.lastID++
	job := speech{c.ctx, s.whisper.prompt, s.aside.open(c.lastID, true, false)}
	speaker := newSpeaker(s.whisper, s.aside, c.cfg.Tuning)
	c.tasks.Go(func() {
		if r := speaker.render(job); r.err != nil {
			c.cfg.Logger.Warn("a phone is not told whom the call is about", "error", r.err)
		}
	})
}
