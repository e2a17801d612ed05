package call

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// trace collects when each stage of one turn ended.
type trace struct {
	turn       int
	voice      time.Time // the caller's last voiced sample
	endpoint   time.Time
	recognised time.Time
	decided    time.Time
	firstAudio time.Time
	firstSent  time.Time
}

// begin starts the trace of the turn that has just ended; it goes with the next prompt.
func (c *Conversation) begin(o order) {
	now := c.cfg.Clock.Now()
	c.trace = &trace{
		turn:       c.turn,
		voice:      now.Add(o.to - c.floor.now),
		endpoint:   now,
		recognised: c.heard.at,
		decided:    now,
	}
}

// say queues a prompt.
func (c *Conversation) say(p dialog.Prompt) {
	c.lastID++
	out := c.mouth.open(c.lastID, p.Protected, false)
	c.prompts[out.id] = &prompt{Prompt: p, trace: c.trace}
	c.trace = nil
	c.silentFor = 0
	select {
	case c.speaker.jobs <- speech{c.speech, p, out}:
	default: // the dialog says more than anybody can listen to
		c.mouth.close(out)
		c.append(hotline.Degraded{Stage: "tts", Reason: "queue full"})
	}
}

// fillEvery is the least time between two fillers.
const fillEvery = 5 * time.Second

// cover says that we are still here while a prompt takes long to render, once what comes before it
// has been heard.
func (c *Conversation) cover(id int) {
	c.late = id
	if c.mouth.status().talking {
		return
	}
	c.late = 0
	if p := c.prompts[id]; p == nil || p.source != "" {
		return // dropped, or rendered meanwhile
	}
	c.append(hotline.Degraded{Stage: "tts", Reason: "slow"})
	c.fill()
}

// fill says at once that we are still here: from the fall-back, for the voice may be busy.
func (c *Conversation) fill() {
	now := c.cfg.Clock.Now()
	if c.cfg.Filler == "" || now.Sub(c.filled) < fillEvery {
		return
	}
	c.filled = now
	pcm, err := fallbackFor("filler", c.mouth.format.Rate)
	if err != nil {
		c.cfg.Logger.Error("no filler", "error", err)
		return
	}
	c.lastID++
	out := c.mouth.open(c.lastID, false, true)
	c.prompts[out.id] = &prompt{Prompt: dialog.Prompt{ID: "filler", Text: c.cfg.Filler}, source: "fallback"}
	c.mouth.append(out, pcm)
	c.mouth.close(out)
	c.silentFor = 0
}

// drop throws away everything that was to be said; see mouth.drop.
func (c *Conversation) drop(asides bool) {
	c.mouth.drop(asides)
	c.shutUp()
	c.speech, c.shutUp = context.WithCancel(c.ctx)
	c.played()
}

// rendered notes how a prompt was made.
func (c *Conversation) rendered(r report) {
	if r.err != nil {
		c.append(hotline.Degraded{Stage: "tts", Reason: string(hotline.CodeOf(r.err))})
		c.cfg.Logger.Warn("prompt not spoken as it should be", "error", r.err)
	}
	if p := c.prompts[r.id]; p != nil {
		p.source = r.source
		if p.trace != nil {
			p.trace.firstAudio = r.first
		}
		c.closeTrace(p)
	}
}

// played writes down what became of our prompts.
func (c *Conversation) played() {
	c.marks = c.mouth.takeMarks(c.marks[:0])
	for _, m := range c.marks {
		p := c.prompts[m.id]
		switch {
		case p == nil:
		case m.what == markStarted:
			if p.trace != nil {
				p.trace.firstSent = m.at
			}
			c.closeTrace(p)
		default:
			c.said(p, m)
		}
	}
	if c.late != 0 {
		c.cover(c.late)
	}
}

// said ends a prompt that was heard to its end or stopped.
func (c *Conversation) said(p *prompt, m mark) {
	delete(c.prompts, m.id)
	if m.heard == 0 {
		return
	}
	if p.source == "" { // its report is still on the way
		p.source = "live"
		c.closeTrace(p)
	}
	c.append(hotline.Said{
		Prompt: p.ID, Text: p.Text, Source: p.source,
		HeardMS: int(m.heard.Milliseconds()), LengthMS: int(m.length.Milliseconds()),
		Interrupted: m.what == markDropped,
	})
}

// closeTrace writes the trace of the turn that a prompt answers, once the prompt has begun and its
// source is known.
func (c *Conversation) closeTrace(p *prompt) {
	t := p.trace
	if t == nil || t.firstSent.IsZero() || p.source == "" {
		return
	}
	p.trace = nil
	if t.firstAudio.IsZero() {
		t.firstAudio = t.firstSent
	}
	since := func(at time.Time) int { return int(at.Sub(t.voice).Milliseconds()) }
	c.append(hotline.TurnTraced{
		Turn: t.turn, EndpointMS: since(t.endpoint), RecognisedMS: since(t.recognised), DecidedMS: since(t.decided),
		FirstAudioMS: since(t.firstAudio), FirstSentMS: since(t.firstSent), Cached: p.source == "cache",
		Speculative: t.recognised.Before(t.endpoint),
	})
}
