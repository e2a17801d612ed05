package script

import (
	"cmp"
	"fmt"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// Systems are the other systems a script may look things up in: by name, from input to result.
type Systems func(system string, input map[string]any) (result map[string]any, failed string)

// Player plays scripts.
type Player struct {
	Engine  dialog.Engine
	Systems Systems   // nil knows no system
	Now     time.Time // when every script begins
	Caller  string    // number of calls that give none; else DefaultCaller
}

// DefaultCaller is the number that people in scripts come from, on the phone or as visitors who
// have signed in. Nobody has it.
const DefaultCaller = "15400001000"

// Result is how one script went.
type Result struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Channel  string   `json:"channel"`
	Passed   bool     `json:"passed"`
	Met      int      `json:"met"` // expectations
	Of       int      `json:"of"`  //
	Failures []string `json:"failures,omitempty"`
	Lines    []string `json:"-"` // the conversation, for people
}

// played is what happened in one turn.
type played struct {
	state   dialog.State
	notes   []dialog.Note
	says    []dialog.Prompt
	orders  []dialog.Order
	lookups []dialog.LookUp
	hand    []dialog.Handover
	hangup  bool
}

// Play plays a script. channel "" is that of the script.
func (p Player) Play(s Script, channel string) Result {
	if channel == "" {
		channel = s.Channel
	}
	r := Result{ID: s.ID, Title: s.Title, Channel: channel}
	g := game{Player: p, now: p.Now, numbers: 0}
	started := dialog.Started{Channel: hotline.ChannelPhone, From: cmp.Or(s.Caller, p.Caller, DefaultCaller), At: g.now}
	if channel == "text" {
		started.Channel = hotline.ChannelChat
	}
	turns := s.Turns
	if turns[0].System != "" { // a call that we place: what we say first is the flow's
		started.Flow, turns = "survey", turns[1:]
		started.Known = map[string]string{"ticket": g.number()}
	}
	g.feed(started)
	var whole played
	for i, turn := range turns {
		g.did = played{}
		g.turn(turn)
		g.did.state = g.state
		r.Lines = append(r.Lines, lines(turn, g.did)...)
		c := checker{at: fmt.Sprintf("第 %d 步 turn %d", i+1, i+1), did: g.did, before: whole}
		c.expect(turn.Expect)
		r.take(c)
		whole.join(g.did)
	}
	c := checker{at: "结束 end", did: whole}
	c.end(s.End)
	r.take(c)
	r.Passed = len(r.Failures) == 0
	return r
}

func (r *Result) take(c checker) {
	r.Met += c.met
	r.Of += c.of
	r.Failures = append(r.Failures, c.failures...)
}

func (p *played) join(q played) {
	p.state = q.state
	p.notes = append(p.notes, q.notes...)
	p.orders = append(p.orders, q.orders...)
	p.lookups = append(p.lookups, q.lookups...)
	p.hand = append(p.hand, q.hand...)
	p.says = append(p.says, q.says...)
	p.hangup = p.hangup || q.hangup
}

// game is one conversation being played.
type game struct {
	Player
	state   dialog.State
	now     time.Time
	did     played
	numbers int64
}

// turn does what a turn says.
func (g *game) turn(t Turn) {
	g.now = g.now.Add(5 * time.Second)
	for _, text := range []string{t.User, t.Interrupt} {
		if text != "" {
			g.feed(dialog.Heard{Text: text, Confidence: 1, At: g.now})
		}
	}
	for _, k := range t.DTMF {
		g.feed(dialog.Key{Key: string(k)})
	}
	if t.Silence > 0 {
		g.now = g.now.Add(time.Duration(t.Silence * float64(time.Second)))
		g.feed(dialog.Silence{})
	}
}

// feed takes one event and does the errands it leads to.
func (g *game) feed(e dialog.Event) { g.state = dialog.Drive(g.Engine, g.state, e, g.carryOut) }

func (g *game) carryOut(a dialog.Action) dialog.Event {
	switch a := a.(type) {
	case dialog.Note:
		g.did.notes = append(g.did.notes, a)
	case dialog.Say:
		g.did.says = append(g.did.says, a.Prompt)
	case dialog.Handover:
		g.did.hand = append(g.did.hand, a)
	case dialog.Hangup:
		g.did.hangup = true
	case dialog.LookUp:
		g.did.lookups = append(g.did.lookups, a)
		return g.lookUp(a)
	case dialog.File:
		g.did.orders = append(g.did.orders, a.Order)
		return dialog.Done{ID: a.ID, Result: map[string]any{"number": g.numberOf(a.Order)}}
	}
	return nil
}

func (g *game) lookUp(l dialog.LookUp) dialog.Event {
	if g.Systems == nil {
		return dialog.Done{ID: l.ID, Failed: "no such system"}
	}
	result, failed := g.Systems(l.System, l.Input)
	return dialog.Done{ID: l.ID, Result: result, Failed: failed}
}

// numberOf is the number of the order that something was done with.
func (g *game) numberOf(o dialog.Order) string {
	if o.Ticket != "" {
		return o.Ticket
	}
	return g.number()
}

// number makes the number of the next work order.
func (g *game) number() string {
	g.numbers++
	return slot.TicketNumber(g.now, g.numbers)
}

// lines show a turn to people.
func lines(t Turn, p played) []string {
	var out []string
	switch {
	case t.Silence > 0:
		out = append(out, fmt.Sprintf("  市民 …… %.0f 秒没有声音", t.Silence))
	case t.DTMF != "":
		out = append(out, "  市民 按键 "+t.DTMF)
	default:
		out = append(out, "  市民 "+t.User+t.Interrupt)
	}
	for _, s := range p.says {
		out = append(out, "  热线 "+s.Text)
	}
	return out
}
