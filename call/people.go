package call

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// Desk is where people are asked for, as one conversation sees it.
type Desk interface {
	// Do takes what the conversation wants: handoff.Enqueue, Withdraw, PickedUp, Took, Missed,
	// Release, Take, Invite and Uninvite, in order. State is the dialog's, for the brief. It must not block.
	Do(wish handoff.Action, state dialog.State)
	// Notices is what the desk says; Show tells it where the conversation stands.
	Notices() <-chan desk.Notice
	Show(Standing)
	// Whisper is the one sentence that tells a phone whom the call is about, and how to take it.
	Whisper() string
}

// Lines reaches people.
type Lines interface {
	// Dial calls somebody and returns when they have answered. A *desk.Unreached in the chain of its
	// error says why not.
	Dial(ctx context.Context, to desk.Target) (Leg, error)
	// Line returns what an agent hears and speaks by already: the headset of the console, which keeps it when it is hung
	// up, or the phone of whom the call was made for.
	Line(agent string) (Leg, error)
}

// Standing is where a conversation is with people. It is shown when that changes, and while they talk with each step of the dialog.
type Standing struct {
	Phase   handoff.Phase
	Muted   bool
	Parties []Person
	State   dialog.State // what is known by now
}

// Person is a party as others see it.
type Person struct {
	ID   string
	Role handoff.Role
	Mode handoff.Mode
	On   bool // false while it rings or is briefed
	// Holds is one whose phone holds.
	Holds bool
}

// people is the part of a conversation that others take part in.
type people struct {
	way      handoff.State
	seats    map[handoff.Seat]*seat
	watching map[string]*seat // supervisors
	bridge   *bridge
	layout   handoff.Layout
	happened chan func() // what came of lines, keys and timers, in the owner's goroutine
	timers   map[handoff.Timer]*time.Timer
	refused  bool   // the command being carried out
	passing  *seat  // whose sound passes through undecoded, or cannot
	unpass   func() // ends that
}

// maxHappened is how much may wait for the owner.
const maxHappened = 64

func newPeople() people {
	return people{
		seats: map[handoff.Seat]*seat{}, watching: map[string]*seat{}, layout: handoff.WithBot,
		happened: make(chan func(), maxHappened), timers: map[handoff.Timer]*time.Timer{},
	}
}

// notices is what the desk says, nil without one.
func (c *Conversation) notices() <-chan desk.Notice {
	if c.cfg.Desk == nil {
		return nil
	}
	return c.cfg.Desk.Notices()
}

// askForPeople gives a handover to the desk, or says that there is none.
func (c *Conversation) askForPeople(h dialog.Handover) []dialog.Event {
	c.append(h.Event())
	if c.cfg.Desk == nil {
		c.append(hotline.Unattended{Reason: string(desk.Nobody)})
		return []dialog.Event{dialog.Unattended{Reason: string(desk.Nobody)}}
	}
	return c.walk(handoff.Asked{Service: h.Service, Request: desk.Request{
		Conversation: c.cfg.Conversation, Channel: c.cfg.Started.Channel, Caller: c.cfg.Started.From,
		Queue: h.Queue, Reason: h.Reason, Priority: h.Priority, Skills: h.Skills, Language: h.Language, Since: c.cfg.Clock.Now(),
	}})
}

// notice takes what the desk tells.
func (c *Conversation) notice(n desk.Notice) {
	command, ok := n.(desk.Commanded)
	if !ok {
		c.happen(handoff.Notice{Notice: n})
		return
	}
	c.refused = false
	switch command.Command.Verb {
	case desk.Listen, desk.Whisper, desk.Barge, desk.TakeOver, desk.Leave:
		if c.supervise(command) {
			return // and answers when their phone does
		}
	case desk.Press:
		c.press(command)
	case desk.Say:
		c.refused = true // nobody reads a call
	default:
		c.happen(handoff.Notice{Notice: n})
	}
	if command.Reply == nil {
		return
	}
	if c.refused {
		command.Reply(hotline.Errorf("carry out command", hotline.CodeConflict, "现在不能这样操作 not possible at present: %s", command.Command.Verb))
	} else {
		command.Reply(nil)
	}
}

// happen takes an event of the way to people and tells the dialog what it means.
func (c *Conversation) happen(e handoff.Event) {
	for _, tell := range c.walk(e) {
		c.step(tell)
	}
}

// walk takes an event of the way to people and back, carries out what follows, and returns what the
// dialog is to be told.
func (c *Conversation) walk(e handoff.Event) (tell []dialog.Event) {
	var actions []handoff.Action
	c.way, actions = handoff.Step(c.way, e)
	for _, action := range actions {
		switch a := action.(type) {
		case handoff.Log:
			c.append(a.Body)
		case handoff.Tell:
			if _, attended := a.Event.(dialog.Attended); attended {
				c.drop(true)
				c.floor.final()
				c.floor.listening = false
			}
			tell = append(tell, a.Event)
		case handoff.Refuse:
			c.refused = true
		case handoff.Ring:
			c.ring(a.Seat, a.Target)
		case handoff.Connect:
			c.connect(a.Seat, a.Agent)
		case handoff.Move:
			c.move(a.From, a.To)
		case handoff.HangUp:
			c.hangUp(a.Seat)
		case handoff.Brief:
			c.brief(a.Seat)
		case handoff.Route:
			c.layout = a.Layout
		case handoff.Music:
			c.mouth.accompany(a.On)
		case handoff.Start:
			c.startTimer(a.Timer, a.After)
		case handoff.Stop:
			c.stopTimer(a.Timer)
		default:
			if c.cfg.Desk != nil {
				c.cfg.Desk.Do(a, c.state)
			}
		}
	}
	c.reroute()
	return tell
}

func (c *Conversation) startTimer(t handoff.Timer, after time.Duration) {
	c.stopTimer(t)
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		c.later(func() {
			if c.timers[t] == timer {
				delete(c.timers, t)
				c.happen(handoff.Expired{Timer: t})
			}
		})
	})
	c.timers[t] = timer
}

func (c *Conversation) stopTimer(t handoff.Timer) {
	if timer := c.timers[t]; timer != nil {
		timer.Stop()
		delete(c.timers, t)
	}
}

// later has something done by the owner, who does all of it before Run returns. It reports false after the end.
func (c *Conversation) later(do func()) bool {
	select {
	case c.happened <- do:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// drain does what has happened while the conversation ended: a line may have been answered that nobody else hangs up.
func (c *Conversation) drain() {
	c.tasks.Wait()
	for {
		select {
		case do := <-c.happened:
			do()
		default:
			c.tasks.Wait()
			return
		}
	}
}

// partWithPeople ends what others have of the conversation.
func (c *Conversation) partWithPeople() {
	c.walk(handoff.CallerGone{})
	for id := range c.watching {
		c.unwatch(id)
	}
	for t := range c.timers {
		c.stopTimer(t)
	}
	if c.unpass != nil {
		c.unpass()
	}
	c.bridge.close()
}

// show tells the desk where the conversation stands.
func (c *Conversation) show() {
	if c.cfg.Desk == nil {
		return
	}
	s := Standing{Phase: c.way.Shown(), Muted: c.way.Muted, State: c.state}
	for _, seat := range c.everybody() {
		s.Parties = append(s.Parties, Person{ID: seat.who, Role: seat.party.Role, Mode: seat.party.Mode, On: seat.leg != nil && !seat.party.Aside, Holds: seat.holds.Load()})
	}
	c.cfg.Desk.Show(s)
}
