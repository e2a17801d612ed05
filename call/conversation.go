package call

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/resample"
)

// Conversation is one spoken conversation. Everything below Run belongs to the goroutine that runs
// it.
type Conversation struct {
	cfg Config
	leg Leg

	line    *line
	mouth   *mouth
	speaker *speaker
	floor   floor
	echo    *echo
	tape    *tape
	toTape  *resample.Resampler
	judged  int64 // samples of the tape the detector has seen

	state, before dialog.State // the dialog's, and what it was before the last turn
	turn          int
	lastText      string // of the last turn
	hotwords      []string

	ctx     context.Context // of everything that is started
	end     context.CancelFunc
	tasks   sync.WaitGroup
	results chan recognition
	decode  context.CancelFunc // ends the recognition under way
	heard   recognition        // the latest

	prompts   map[int]*prompt // on their way out, by utterance
	lastID    int
	speech    context.Context // of everything that is to be said
	shutUp    context.CancelFunc
	trace     *trace
	marks     []mark
	late      int       // utterance that is not rendered in time, 0 for none
	filled    time.Time // when we last said that we are still here
	closing   string    // why the call ends once everything is said; "" while it goes on
	silentFor time.Duration

	errands  sync.WaitGroup
	underway int
	outcomes chan outcome
	errandOf map[string]chan struct{} // the last by that name, closed when it is done
	filed    []string                 // errands of the last turn that file orders
	replaced map[int]bool             // turns that were taken back

	people
}

// prompt is one utterance of ours that is not over.
type prompt struct {
	dialog.Prompt
	source string
	trace  *trace // of the turn it is the first answer to
}

// lastWords is how long a call stays open after our last sample, so that the caller's jitter buffer
// can play it.
const lastWords = 240 * time.Millisecond

// hangupWithin bounds how long ending the leg may take.
const hangupWithin = 5 * time.Second

// New returns a conversation that has not begun.
func New(cfg Config) (*Conversation, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Conversation{cfg: cfg, prompts: map[int]*prompt{}, results: make(chan recognition, maxRecognitions), outcomes: make(chan outcome, maxErrands), replaced: map[int]bool{}, errandOf: map[string]chan struct{}{}, people: newPeople()}, nil
}

// Run holds the conversation over leg and returns when it is over: the leg has ended and
// everything that was started has returned. An ended ctx ends the call. It may be called once.
func (c *Conversation) Run(ctx context.Context, leg Leg) error {
	format := leg.Format()
	toTape, err := resample.New(format.Rate, HearingRate)
	if err != nil {
		return fmt.Errorf("hold a conversation at %v: %w", format, err)
	}
	c.ctx, c.end = context.WithCancel(ctx)
	defer c.drain()
	defer c.end()

	c.leg, c.toTape = leg, toTape
	c.mouth = newMouth(format, c.cfg.Clock)
	c.line = newLine(format, c.mouth, c.cfg.Recorder)
	c.speaker = newSpeaker(c.cfg.Voice, c.mouth, c.cfg.Tuning)
	c.floor = floor{tuning: c.cfg.Tuning}
	c.echo, c.tape = newEcho(format.Rate), newTape(HearingRate)
	c.speech, c.shutUp = context.WithCancel(c.ctx)
	c.tasks.Go(func() { c.speaker.run(c.ctx) })

	c.append(c.cfg.Started)
	c.show()
	if c.cfg.Attend.ID != "" {
		c.happen(handoff.Notice{Notice: desk.Commanded{By: c.cfg.Attend.ID, Name: c.cfg.Attend.Name, Command: desk.Command{Verb: desk.TakeOver}}})
	} else {
		c.step(dialog.Started{Channel: c.cfg.Started.Channel, From: c.cfg.Started.From, At: c.cfg.Clock.Now(), Known: c.cfg.Known})
	}
	if err := leg.Join(c.line, c.line); err != nil {
		return fmt.Errorf("join the leg: %w", err)
	}
	c.finish(c.converse(leg))
	return nil
}

// converse goes on until the leg has ended, and tells how.
func (c *Conversation) converse(leg Leg) hotline.Ended {
	for {
		select {
		case tick := <-c.line.ticks:
			c.tick(tick)
			c.line.free <- tick
		case r := <-c.results:
			c.recognised(r)
		case o := <-c.outcomes:
			c.came(o)
		case <-c.mouth.wake:
			c.played()
		case r := <-c.speaker.reports:
			c.rendered(r)
		case id := <-c.speaker.late:
			c.cover(id)
		case key := <-leg.Keys():
			c.key(key)
		case n := <-c.notices():
			c.notice(n)
		case do := <-c.happened:
			do()
		case ended := <-leg.Ended():
			return ended
		case <-c.ctx.Done():
			return c.hangup("shutdown")
		}
		if c.closing != "" && c.silentFor >= lastWords {
			return c.hangup(c.closing)
		}
	}
}

// hangup ends the leg from our side.
func (c *Conversation) hangup(reason string) hotline.Ended {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), hangupWithin)
	defer cancel()
	if err := c.leg.Hangup(ctx, reason); err != nil {
		c.cfg.Logger.Warn("the leg did not end in order", "error", err)
	}
	return hotline.Ended{By: "system", Reason: reason}
}

// finish writes down what was still being said and closes the log.
func (c *Conversation) finish(ended hotline.Ended) {
	c.mouth.drop(true)
	c.played()
	c.partWithPeople()
	c.end()
	c.settle()
	c.append(ended)
	if missed := c.line.missed.Load(); missed > 0 {
		c.cfg.Logger.Warn("audio came faster than it was heard", "ticks_missed", missed)
	}
	if n := c.line.unrecorded.Load(); n > 0 {
		c.cfg.Logger.Error("parties have no channel of their own in the recording", "count", n)
	}
}

func (c *Conversation) append(body hotline.EventBody) {
	if err := c.cfg.Log.Append(body); err != nil {
		c.cfg.Logger.Error("event not written", "kind", body.Kind(), "error", err)
	}
}

// key takes a telephone key: it interrupts whatever may be interrupted.
func (c *Conversation) key(e dtmf.Event) {
	c.append(hotline.KeyPressed{Key: e.Key.String(), Source: string(e.Source)})
	if c.closing != "" {
		return
	}
	if s := c.mouth.status(); !s.protected {
		c.drop(true)
	}
	c.floor.final()
	c.step(dialog.Key{Key: e.Key.String()})
}

// step gives the dialog an event and carries out what it asks for. What cannot be done at all it is
// told at once.
func (c *Conversation) step(e dialog.Event) {
	for next := []dialog.Event{e}; len(next) > 0 && c.closing == ""; next = next[1:] {
		next = append(next, c.act(next[0])...)
	}
	if c.way.Staffed() { // the agent follows what becomes known
		c.show()
	}
}

func (c *Conversation) act(e dialog.Event) (next []dialog.Event) {
	state, actions := c.cfg.Engine.Step(c.state, e)
	c.state = state
	if c.trace != nil {
		c.trace.decided = c.cfg.Clock.Now()
	}
	c.mouth.answering()
	for _, action := range actions {
		switch a := action.(type) {
		case dialog.Note:
			c.append(a.Event(c.turn))
		case dialog.Say:
			c.say(a.Prompt)
		case dialog.Listen:
			c.hotwords = a.Hotwords
			c.floor.listen(a.NoInput)
		case dialog.Handover:
			next = append(next, c.askForPeople(a)...)
		case dialog.Withdraw:
			next = append(next, c.walk(handoff.Given(a))...)
		case dialog.Rate:
			c.append(hotline.Rated{Grade: a.Grade, How: a.How})
		case dialog.LookUp:
			next = append(next, c.errand(c.ctx, c.turn, a.ID, a)...)
		case dialog.File:
			c.filed = append(c.filed, a.ID)
			next = append(next, c.errand(context.WithoutCancel(c.ctx), c.turn, a.ID, a)...) // even when the call ends meanwhile
		case dialog.Hangup:
			c.closing = a.Reason
			c.floor.final()
		}
	}
	return next
}

// tick takes one tick of both directions.
func (c *Conversation) tick(both []int16) {
	in, out := both[:len(both)/2], both[len(both)/2:]
	c.echo.tick(in, out, media.Tick)
	c.tape.pcm = c.toTape.Process(c.tape.pcm, in)
	s := c.mouth.status()
	if s.idle {
		c.silentFor += media.Tick
	} else {
		c.silentFor = 0
	}
	c.floor.played(s.talking, s.protected, s.remaining, s.heard)
	for c.tape.length()-c.judged >= detectorWindow {
		window := c.tape.samples(c.judged, detectorWindow)
		c.judged += detectorWindow
		prob := float64(c.cfg.Detector.Window(window))
		if prob >= c.cfg.Tuning.VoiceOn && c.floor.phase == quiet && c.echo.heard() {
			prob = 0
		}
		c.carryOut(c.floor.window(prob, c.tape.time(c.judged)))
	}
	c.tape.forget(min(c.floor.needs()-c.cfg.Tuning.PreRoll, c.tape.time(c.judged)))
}
