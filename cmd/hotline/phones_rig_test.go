package main

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/sip"
)

// Tones of the telephones, in Hz. With those of callers and browsers they are multiples of 50, so that in 20 ms each
// is told from a mixture of all, and none is a note of the music.
const (
	hanTone   = 1800
	linTone   = 2200
	trunkTone = 2600
	bossTone  = 3000
)

// Numbers behind the trunk.
const (
	colleague = "05550001" // answers
	engaged   = "05550002" // does not
	forbidden = "01060000000"
)

// whispered is what a phone is told about a caller who has pressed 0.
const whispered = "来电人要求人工服务。按一接听，按二拒接。"

// silence is after how long a telephone from which nothing comes is asked whether it is there.
const silence = 2 * time.Second

// switchboard is a centre whose agents and whose trunk are baresip.
type switchboard struct {
	*centre
	t *testing.T
}

// must fails the test at an error of a request.
func (x *switchboard) must(_ int, err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// during has another test use it.
func (x *switchboard) during(t *testing.T) *switchboard {
	c := *x.centre
	c.carrier = c.carrier.During(t)
	return &switchboard{&c, t}
}

// await waits until something is so.
func (x *switchboard) await(what string, so func() bool) {
	x.t.Helper()
	late := time.After(20 * time.Second)
	poll := time.NewTicker(80 * time.Millisecond) // people may ask 20 times a second
	defer poll.Stop()
	for !so() {
		select {
		case <-poll.C:
		case <-late:
			x.t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// phoneAgent is an agent on a SIP phone, with a console that shows what happens.
type phoneAgent struct {
	*deskAgent
	*peer.Baresip
	x  *switchboard
	id string
}

// onPhone has somebody log in and register a phone. They are not ready yet.
func (x *switchboard) onPhone(login, extension string, hertz float64) *phoneAgent {
	x.t.Helper()
	at := netip.MustParseAddrPort(x.r.UDP)
	account := peer.Account{User: extension, Server: at, Password: demoPassword, Codec: "pcma", Manual: true}
	p := &phoneAgent{Baresip: peer.StartBaresip(x.t, hertz, nil, account), x: x}
	p.Wait("REGISTER_OK")
	var err error
	if p.deskAgent, err = signIn(x.t.Context(), x.r, login, demoPassword); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = p.close() })
	if err := p.command(x.t.Context(), http.MethodPut, "/desk/me/device", map[string]string{"device": "phone", "extension": extension}); err != nil {
		x.t.Fatal(err)
	}
	p.id = p.me(x.t)
	return p
}

// during has another test use the phone.
func (p *phoneAgent) during(x *switchboard) *phoneAgent {
	other := *p
	other.x, other.Baresip = x, p.During(x.t)
	return &other
}

// ready waits until the agent may be rung.
func (p *phoneAgent) ready() {
	p.x.t.Helper()
	p.x.await("the phone is known to be there", func() bool { return p.choose("ready") == nil })
}

func (a *deskAgent) choose(state string) error {
	return a.command(a.life, http.MethodPut, "/desk/me/state", map[string]string{"state": state, "reason": "meal"})
}

// state is the one that the desk shows, and the reason of a break that was not chosen.
func (a *deskAgent) state() string {
	var me struct {
		Presence struct {
			State, Reason string
			Marked        bool
		}
	}
	if _, err := a.rest.do(a.life, http.MethodGet, "/desk/me", "", nil, &me); err != nil {
		return err.Error()
	}
	if me.Presence.Marked {
		return me.Presence.State + " " + me.Presence.Reason
	}
	return me.Presence.State
}

// rung waits until the phone rings and returns the conversation that it rings for.
func (p *phoneAgent) rung() string {
	p.x.t.Helper()
	p.Wait("CALL_INCOMING")
	select {
	case offer := <-p.offers:
		return offer.conversation
	case <-time.After(10 * time.Second):
		p.x.t.Fatal("the phone rings, the console does not")
		return ""
	}
}

// pickUp answers and listens to the end of the whisper, which it returns.
func (p *phoneAgent) pickUp() ([]int16, int) {
	p.x.t.Helper()
	p.Do("accept", "")
	p.Wait("CALL_ESTABLISHED")
	var pcm []int16
	var rate int
	p.x.await("a whisper", func() bool {
		pcm, rate = p.Recorded()
		return rate > 0 && whisperOver(pcm, rate)
	})
	return pcm, rate
}

// answer picks up and presses a key as soon as something is heard.
func (p *phoneAgent) answer(key string) {
	p.x.t.Helper()
	p.Do("accept", "")
	p.Wait("CALL_ESTABLISHED")
	p.x.await("sound", func() bool { pcm, rate := p.Recorded(); return rate > 0 && len(pcm) > rate/4 })
	p.press(key)
}

// whisperOver tells whether there was speech for a second and after it silence for one.
func whisperOver(pcm []int16, rate int) bool {
	loud, quiet := 0, 0
	step := media.Mono(rate).TickSamples()
	for ; len(pcm) >= step; pcm = pcm[step:] {
		if tone.MeanPower(pcm[:step]) > 1e4 {
			loud, quiet = loud+1, 0
		} else {
			quiet++
		}
	}
	return loud > 50 && quiet > 50
}

// press presses a key.
func (p *phoneAgent) press(key string) { p.Do("sndcode", key) }

// caller is somebody who has called and has a tone for a voice.
type caller struct {
	*hearing
	x   *switchboard
	leg *sip.Leg
}

// call has somebody call.
func (x *switchboard) call() *caller {
	x.t.Helper()
	leg, err := x.telephone.dial(x.t.Context(), x.r.uri("12345"))
	if err != nil {
		x.t.Fatal(err)
	}
	c := &caller{hearing: &hearing{format: leg.Format()}, x: x, leg: leg}
	if err := leg.Join(c.hearing, callerVoice(leg.Format())); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() {
		c.hangUp()
		if x.t.Failed() {
			events, _ := x.r.events(leg.Call().CallID)
			x.t.Log(outline(events))
		}
	})
	x.await("the greeting", func() bool { return c.length() > c.format.Rate/2 })
	return c
}

func (c *caller) press(key dtmf.Key) {
	c.x.t.Helper()
	if err := c.leg.SendKeys(0, key); err != nil {
		c.x.t.Fatal(err)
	}
}

// asks asks for a person and returns the conversation.
func (c *caller) asks() string {
	c.x.t.Helper()
	c.press('0')
	return string(c.event("asked for a person", func(b hotline.EventBody) bool { return b.Kind() == hotline.HandedOver{}.Kind() }).Conversation)
}

// talk has the first agent talk with a caller.
func (x *switchboard) talk(han *phoneAgent) (c *caller, id string) {
	x.t.Helper()
	han.ready()
	c = x.call()
	id = c.asks()
	han.rung()
	han.answer("1")
	c.hears(hanTone)
	return c, id
}

// grades answers the question of the survey, into which it may be pressed once the last agent is out of the call.
func (c *caller) grades(last *phoneAgent) {
	c.x.t.Helper()
	c.x.await("wrap-up", func() bool { return last.state() == "wrap_up" })
	c.press('5')
	rated := c.event("the grade", func(b hotline.EventBody) bool { return b.Kind() == hotline.Rated{}.Kind() })
	if grade := rated.Body.(hotline.Rated).Grade; grade != 5 {
		c.x.t.Errorf("grade %d", grade)
	}
	c.said("survey")
}

// ended waits for the end of the call.
func (c *caller) ended() {
	c.x.t.Helper()
	select {
	case <-c.leg.Done():
	case <-time.After(20 * time.Second):
		c.x.t.Fatal("the call does not end")
	}
}

func (c *caller) hangUp() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = c.leg.Hangup(ctx, "done")
}

// event waits for an event of the conversation and returns the latest.
func (c *caller) event(what string, is func(hotline.EventBody) bool) (found hotline.Event) {
	c.x.t.Helper()
	c.x.await(what, func() bool {
		events, err := c.x.r.events(c.leg.Call().CallID)
		if err != nil {
			return false
		}
		for _, e := range events {
			if is(e.Body) {
				found = e
			}
		}
		return found.Seq > 0
	})
	return found
}

// said waits until a phrase is told.
func (c *caller) said(phrase string) hotline.Event {
	c.x.t.Helper()
	return c.event("the caller is told “"+phrase+"”", func(b hotline.EventBody) bool {
		s, ok := b.(hotline.Said)
		return ok && strings.HasPrefix(s.Prompt, phrase)
	})
}

// offerEnded waits until somebody has been asked in vain.
func (c *caller) offerEnded(party, reason string) hotline.Event {
	c.x.t.Helper()
	return c.event(party+" "+reason, func(b hotline.EventBody) bool {
		e, ok := b.(hotline.OfferEnded)
		return ok && e.Party == party && e.Reason == reason
	})
}

// hears waits until tones are heard, be they alone or with others.
func (c *caller) hears(tones ...float64) {
	c.x.t.Helper()
	from := c.length()
	c.x.await(fmt.Sprintf("the caller hears %v Hz", tones), func() bool { return holdTones(c.since(from), c.format.Rate, tones) })
}

// hearing remembers what it hears.
type hearing struct {
	format media.Format
	mu     sync.Mutex
	pcm    []int16
}

func (l *hearing) Format() media.Format { return l.format }

func (l *hearing) WriteFrame(f media.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pcm = append(l.pcm, f.PCM...)
	return nil
}

func (l *hearing) length() int { return len(l.since(0)) }

// since is what was heard after so many samples.
func (l *hearing) since(from int) []int16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]int16(nil), l.pcm[from:]...)
}

// holdsTone tells whether there are 300 ms of a tone, be it alone or with others.
func holdsTone(pcm []int16, rate int, hertz float64) bool {
	const audible, share, enough = 1e4, 0.05, 15
	d, err := tone.NewDetector(hertz, rate)
	if err != nil {
		return false
	}
	step := media.Mono(rate).TickSamples()
	for n := 0; len(pcm) >= step; pcm = pcm[step:] {
		if n++; d.Power(pcm[:step]) < max(audible, share*tone.MeanPower(pcm[:step])) {
			n = 0
		}
		if n == enough {
			return true
		}
	}
	return false
}

func holdTones(pcm []int16, rate int, tones []float64) bool {
	return !slices.ContainsFunc(tones, func(hertz float64) bool { return !holdsTone(pcm, rate, hertz) })
}

// hears waits until a phone hears tones, be they alone or with others.
func (x *switchboard) hears(p *peer.Baresip, tones ...float64) {
	x.t.Helper()
	before, _ := p.Recorded()
	x.await(fmt.Sprintf("the phone hears %v Hz", tones), func() bool {
		pcm, rate := p.Recorded()
		return holdTones(pcm[min(len(before), len(pcm)):], rate, tones)
	})
}

// apart checks that each tone is in its own channel of a recording and in no other.
func (x *switchboard) apart(id string, tones map[string]float64) {
	x.t.Helper()
	recording, _, err := x.r.recording(x.t.Context(), hotline.ConversationID(id))
	if err != nil {
		x.t.Fatal(err)
	}
	channels, rate := map[string][]int16{}, recording.Rate
	for i, c := range recording.Channels {
		if channels[c.Name], err = soundOf(recording, i); err != nil {
			x.t.Fatal(err)
		}
	}
	for name, hertz := range tones {
		for other, pcm := range channels {
			if holdsTone(pcm, rate, hertz) != (other == name) {
				x.t.Errorf("%g Hz in the channel of %s: %v", hertz, other, other != name)
			}
		}
		if channels[name] == nil {
			x.t.Errorf("no channel of %s", name)
		}
	}
}
