package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/packs"
)

// talk is a conversation whose errands are done at once.
type talk struct {
	engine  dialog.Engine
	systems func(string, map[string]any) (map[string]any, string)
	down    bool // errands fail
	state   dialog.State
	now     time.Time
	actions []dialog.Action // of the last event and of the errands it set off
}

// call begins a conversation with a pack. channel is phone or chat.
func call(t *testing.T, pack string, channel hotline.Channel) *talk {
	t.Helper()
	return callFrom(t, pack, channel, "15400001234")
}

func callFrom(t *testing.T, pack string, channel hotline.Channel, from string) *talk {
	t.Helper()
	b := bench(t, pack)
	c := &talk{engine: b.engine, systems: b.pack.Systems.LookUp, now: morning}
	c.feed(dialog.Started{Channel: channel, From: from, At: c.now})
	return c
}

func (c *talk) feed(e dialog.Event) {
	c.actions = nil
	for queue := []dialog.Event{e}; len(queue) > 0; queue = queue[1:] {
		var actions []dialog.Action
		c.state, actions = c.engine.Step(c.state, queue[0])
		c.actions = append(c.actions, actions...)
		for _, a := range actions {
			switch a := a.(type) {
			case dialog.LookUp:
				done := dialog.Done{ID: a.ID, Failed: "down"}
				if !c.down {
					done.Result, done.Failed = c.systems(a.System, a.Input)
				}
				queue = append(queue, done)
			case dialog.File:
				done := dialog.Done{ID: a.ID, Failed: "down"}
				if !c.down {
					done = dialog.Done{ID: a.ID, Result: map[string]any{"number": "261124000017"}}
				}
				queue = append(queue, done)
			}
		}
	}
}

// turn is what a line of a test stands for: "!1" keys, "-" a silence, "?" speech without words,
// "x" an empty queue, "@…" what the desk tells, "+60s" time that passes, anything else words.
func (c *talk) turn(line string) {
	c.now = c.now.Add(5 * time.Second)
	switch {
	case line == "-":
		c.feed(dialog.Silence{})
	case line == "?":
		c.feed(dialog.Unheard{})
	case line == "??":
		c.feed(dialog.Unheard{Failed: true})
	case line == "x":
		c.feed(dialog.Unattended{})
	case strings.HasPrefix(line, "@"):
		c.feed(ofDesk(line[1:]))
	case strings.HasPrefix(line, "+"):
		d, err := time.ParseDuration(line[1:])
		if err != nil {
			panic(err)
		}
		c.now = c.now.Add(d)
	case strings.HasPrefix(line, "!"):
		for _, k := range line[1:] {
			c.feed(dialog.Key{Key: string(k)})
		}
	default:
		c.feed(dialog.Heard{Text: line, Confidence: 1, At: c.now})
	}
}

// ofDesk is an event of the desk: its name, then a reason or a place and a wait.
func ofDesk(line string) dialog.Event {
	var n int
	var wait string
	name, rest, _ := strings.Cut(line, " ")
	_, _ = fmt.Sscan(rest, &n, &wait)
	d, _ := time.ParseDuration(wait)
	return map[string]dialog.Event{
		"place": dialog.Place{Position: n, Wait: d}, "missed": dialog.Missed{Reason: rest}, "unattended": dialog.Unattended{Reason: rest},
		"attended": dialog.Attended{}, "returned": dialog.Returned{Reason: rest}, "survey": dialog.Survey{},
	}[name]
}

// did tells what the last turn set off, one short line for each action.
func (c *talk) did() []string {
	var out []string
	for _, a := range c.actions {
		switch a := a.(type) {
		case dialog.Note:
			line := a.What
			for _, part := range []string{a.Slot, a.Entry, a.From, a.To, a.Reason, strings.Join(a.Items, "+")} {
				if part != "" {
					line += " " + part
				}
			}
			out = append(out, line)
		case dialog.Say:
			out = append(out, "say "+a.Prompt.Text)
		case dialog.File:
			out = append(out, strings.TrimSpace(fmt.Sprintf("file %s %s", a.Order.Kind, a.Order.Ticket)))
		case dialog.Handover:
			out = append(out, fmt.Sprintf("handover %s %s %d %s", a.Queue, a.Reason, a.Priority, a.Service))
		case dialog.Withdraw:
			out = append(out, "withdraw "+strings.TrimSpace(a.Reason+" "+a.Number))
		case dialog.Rate:
			out = append(out, fmt.Sprintf("rate %d %s", a.Grade, a.How))
		case dialog.Hangup:
			out = append(out, "hangup "+a.Reason)
		}
	}
	return out
}

// rule is a conversation and what must be among what its last turn sets off. A wish that begins with
// "no " must not.
type rule struct {
	name  string
	pack  string // yunzhou unless given
	chat  bool
	from  string // a mobile number unless given
	turns []string
	wants []string
}

func check(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			channel := hotline.ChannelPhone
			if r.chat {
				channel = hotline.ChannelChat
			}
			if r.pack == "" {
				r.pack = packs.Default
			}
			c := callFrom(t, r.pack, channel, cmp.Or(r.from, "15400001234"))
			for _, line := range r.turns {
				c.turn(line)
			}
			did := c.did()
			for _, want := range r.wants {
				bare, not := strings.CutPrefix(want, "no ")
				found := slices.ContainsFunc(did, func(line string) bool { return strings.HasPrefix(line, bare) })
				if found == not {
					t.Errorf("want %q, did\n  %s", want, strings.Join(did, "\n  "))
				}
			}
		})
	}
}
