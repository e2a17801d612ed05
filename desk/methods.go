package desk

import (
	"context"
	"maps"
	"slices"

	"github.com/hotline-cc/hotline"
)

// Open makes a conversation known, so that supervisors see it and it may ask for people. What
// concerns it is told to notify, in order, until Close. CodeConflict when it is open.
func (d *Desk) Open(ctx context.Context, t Talk, notify func(Notice)) error {
	return d.do(ctx, "open conversation at the desk", func(r *room) error { return r.open(t, notify) })
}

// Enqueue asks for a person. What comes of it is told by notices, a refusal too. Channel and caller
// are those of the talk. CodeConflict when the conversation waits already.
func (d *Desk) Enqueue(ctx context.Context, q Request) error {
	return d.do(ctx, "ask for a person", func(r *room) error { return r.enqueue(q) })
}

// Withdraw leaves the queue, whether waiting or being offered. A callback or message is returned
// once it is durable: only then may the person be told of it. With CodeUnavailable the ledger has
// failed; the conversation does not wait any more, and the callback is kept when the ledger works
// again. CodeConflict when the conversation does not wait: an agent may have accepted in the same
// moment, and a notice is under way.
func (d *Desk) Withdraw(ctx context.Context, id hotline.ConversationID, p Parting) (Callback, error) {
	const op = "leave the queue"
	do := func(r *room) (Callback, error) {
		c, err := r.withdraw(id, p)
		if c == nil || err != nil {
			return Callback{}, err
		}
		return *c, nil
	}
	if p.Ending == EndCallback || p.Ending == EndMessage {
		return promised(ctx, d, op, do)
	}
	return ask(ctx, d, op, do)
}

// PickedUp says that an agent on a phone who is asked has picked it up: they are not rung any longer, and Answered or
// Failed will follow, however long they listen to what it is about. CodeConflict when the offer is over.
func (d *Desk) PickedUp(ctx context.Context, offer string) error {
	return d.do(ctx, "pick up offer", func(r *room) error { return r.pickedUp(offer) })
}

// Answered says that an agent on a phone has taken an offer by key. CodeConflict when it is over.
func (d *Desk) Answered(ctx context.Context, offer string) error {
	return d.do(ctx, "answer offer", func(r *room) error { return r.answered(offer) })
}

// Failed says that the phone of an agent was rung in vain: no_answer, declined, busy or network.
func (d *Desk) Failed(ctx context.Context, offer string, reason Reason) error {
	return d.do(ctx, "report failed offer", func(r *room) error { return r.failed(offer, reason) })
}

// Phase tells board and consoles where a conversation is and who takes part, at most MaxParties.
func (d *Desk) Phase(ctx context.Context, id hotline.ConversationID, phase string, parties []Party) error {
	return d.do(ctx, "tell phase of conversation", func(r *room) error { return r.setPhase(id, phase, parties) })
}

// Learn tells agents what became known of a conversation while they talk. Of a brief the reason, what was said and what was
// before stay as they were.
func (d *Desk) Learn(ctx context.Context, id hotline.ConversationID, b Brief) error {
	return d.do(ctx, "learn of conversation", func(r *room) error { return r.learn(id, b) })
}

// Reserve keeps an agent who calls somebody from being asked anything until the call has become the
// conversation of that name and takes them, or Close says that it has not or is over. The callback is the one that the
// agent has taken and dials, "" for none. CodeConflict when the agent has something else already, or no line.
func (d *Desk) Reserve(ctx context.Context, agent string, id hotline.ConversationID, callback string) error {
	return d.do(ctx, "reserve agent", func(r *room) error { return r.reserve(agent, id, callback) })
}

// Take gives a conversation to an agent who was not asked: who dials out, picks one from the board
// or takes over. It ends the conversation's waiting.
func (d *Desk) Take(ctx context.Context, id hotline.ConversationID, agent string) error {
	return d.do(ctx, "take conversation", func(r *room) error { return r.take(id, agent) })
}

// Transfer rings another agent or queue for an agent who has the conversation and keeps it until
// Release. A consultation begins alike; Withdraw with EndReturned ends the ringing.
func (d *Desk) Transfer(ctx context.Context, id hotline.ConversationID, from string, to Target) error {
	return d.do(ctx, "transfer", func(r *room) error { return r.transfer(id, from, to) })
}

// Release takes a conversation off an agent, who writes it down next, or off a supervisor who has hung up.
func (d *Desk) Release(ctx context.Context, id hotline.ConversationID, agent string, how Release) error {
	return d.do(ctx, "release agent", func(r *room) error { return r.release(id, agent, how) })
}

// Close ends a conversation in whatever state it is. Who waited has abandoned, and who was reserved is free.
func (d *Desk) Close(ctx context.Context, id hotline.ConversationID) error {
	return d.do(ctx, "close conversation at the desk", func(r *room) error { return r.close(id) })
}

// Connect gives an agent a console, whose first update is Hello. Another console of the same agent
// ends.
func (d *Desk) Connect(ctx context.Context, agent string) (*Stream, error) {
	s := &Stream{desk: d, agent: agent, wake: make(chan struct{}, 1)}
	if err := d.do(ctx, "connect console", func(r *room) error { return r.connect(s) }); err != nil {
		return nil, err
	}
	return s, nil
}

// Look returns what a console of an agent shows, without the board. CodeNotFound when the roster has
// no such agent.
func (d *Desk) Look(ctx context.Context, agent string) (Hello, error) {
	const op = "look at agent"
	return ask(ctx, d, op, func(r *room) (Hello, error) {
		p, err := r.person(op, agent)
		if err != nil {
			return Hello{}, err
		}
		return r.look(p), nil
	})
}

// resync gives a console that fell behind a snapshot.
func (d *Desk) resync(ctx context.Context, s *Stream) error {
	return d.do(ctx, "read console stream", func(r *room) error {
		if p := r.people[s.agent]; p != nil && p.stream == s {
			h := r.hello(p)
			h.Resync = true
			s.restart(h)
		}
		return nil
	})
}

// disconnect has nobody who would give up waiting, and ends with the desk.
func (d *Desk) disconnect(s *Stream) {
	if err := d.do(context.Background(), "close console stream", func(r *room) error { r.disconnect(s); return nil }); err != nil {
		d.cfg.Logger.Debug("console closed", "agent", s.agent, "err", err)
	}
}

// Line says that the headset or the phone of an agent is there or gone. What counts is the one that they talk on.
func (d *Desk) Line(ctx context.Context, agent string, device Device, up bool) error {
	return d.do(ctx, "set line of agent", func(r *room) error { return r.setLine(agent, device, up) })
}

// SetState is what an agent chose: ready, which also ends the wrap-up, a break with a reason, or
// offline. What they have stays with them. CodeConflict when there is no way to ring them.
func (d *Desk) SetState(ctx context.Context, agent string, state State, reason string) error {
	return d.do(ctx, "set state of agent", func(r *room) error { return r.setState(agent, state, reason) })
}

// Written ends the wrap-up of a conversation before its time; the agent is then what they have chosen.
// One that is over already is left alone.
func (d *Desk) Written(ctx context.Context, agent string, id hotline.ConversationID) error {
	return d.do(ctx, "end wrap-up", func(r *room) error { return r.written(agent, id) })
}

// Accept is an agent's yes in the console. CodeConflict when the offer is over.
func (d *Desk) Accept(ctx context.Context, agent, offer string) error {
	return d.do(ctx, "accept offer", func(r *room) error { return r.accept(agent, offer) })
}

// Decline is an agent's no: the next one is asked, and this one not again for 30 s.
func (d *Desk) Decline(ctx context.Context, agent, offer string) error {
	return d.do(ctx, "decline offer", func(r *room) error { return r.decline(agent, offer) })
}

// Command passes on what an agent wants of a conversation that they have, or a supervisor of any, and
// returns when it has been carried out. CodeForbidden when they may not, CodeConflict when it does
// not fit at present.
func (d *Desk) Command(ctx context.Context, by string, id hotline.ConversationID, c Command) error {
	const op = "command conversation"
	done := make(chan error, 1)
	began, err := ask(ctx, d, op, func(r *room) (began bool, err error) {
		already := r.watches(by, id)
		err = r.command(by, id, c, func(err error) { done <- err })
		return !already && r.watches(by, id), err
	})
	if err != nil {
		return err
	}
	select {
	case err = <-done:
	case <-ctx.Done():
		err = hotline.Errorf(op, hotline.CodeTimeout, "会话没有应答 the conversation does not answer: %w", context.Cause(ctx))
	}
	if err != nil && began { // or the supervisor would be held for a conversation that they do not hear
		_ = d.do(context.WithoutCancel(ctx), op, func(r *room) error {
			if r.watches(by, id) {
				r.unwatch(r.people[by], true)
			}
			return nil
		})
	}
	return err
}

// Board returns everything that supervisors see.
func (d *Desk) Board(ctx context.Context) (Board, error) {
	return ask(ctx, d, "read board", func(r *room) (Board, error) { return r.board(), nil })
}

// Promise makes a callback, returned once it is durable. Calls in vain from one number to one
// queue are one callback that counts them.
func (d *Desk) Promise(ctx context.Context, c Callback) (Callback, error) {
	return promised(ctx, d, "promise callback", func(r *room) (Callback, error) {
		made, err := r.promise(c)
		if err != nil {
			return Callback{}, err
		}
		r.comeUp(made)
		return *made, nil
	})
}

// Callbacks returns those that are not done, those due first.
func (d *Desk) Callbacks(ctx context.Context) ([]Callback, error) {
	return ask(ctx, d, "list callbacks", func(r *room) ([]Callback, error) { return r.openCallbacks(), nil })
}

// TakeCallback gives an open callback to an agent who has nothing else.
func (d *Desk) TakeCallback(ctx context.Context, agent, id string) (Callback, error) {
	return promised(ctx, d, "take callback", func(r *room) (Callback, error) { return r.takeCallback(agent, id) })
}

// SettleCallback writes down what an attempt came to: reached and void end it, unanswered, engaged
// and failure let it come up again as Queue.Retry says.
func (d *Desk) SettleCallback(ctx context.Context, agent, id string, result Result, note string) (Callback, error) {
	return promised(ctx, d, "settle callback", func(r *room) (Callback, error) { return r.settleCallback(agent, id, result, note) })
}

// Places returns the chats that waited before a restart and have not asked again.
func (d *Desk) Places(ctx context.Context) ([]Request, error) {
	return ask(ctx, d, "list places", func(r *room) ([]Request, error) { return slices.Collect(maps.Values(r.places)), nil })
}
