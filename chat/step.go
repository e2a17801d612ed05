package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// errMoved says that a step rests on a state which is not the one kept.
var errMoved = errors.New("会话已被更新，请重试 the conversation has moved on")

// Opening is what a conversation begins with.
type Opening struct {
	Visitor string
	AtMost  int // open conversations of the visitor; 0 is no bound
	Profile Profile
}

// Begin opens a conversation and returns it with its first events.
func (h *Host) Begin(ctx context.Context, o Opening) (Record, []hotline.Event, error) {
	const op = "begin conversation"
	all, ofVisitor, err := h.cfg.Census.Open(ctx, o.Visitor)
	switch {
	case err != nil:
		return Record{}, nil, err
	case all >= h.cfg.MaxOpen:
		return Record{}, nil, hotline.Errorf(op, hotline.CodeOverload, "同时进行的会话已满，请稍后再试 all %d conversations are taken", h.cfg.MaxOpen)
	case o.AtMost > 0 && ofVisitor >= o.AtMost:
		return Record{}, nil, hotline.Errorf(op, hotline.CodeOverload, "您还有 %d 个会话没有结束，请先结束 close other conversations first", ofVisitor)
	}
	now := h.now()
	r := &room{record: Record{ID: hotline.NewConversationID(now), Visitor: o.Visitor, Profile: o.Profile, Started: now}}
	s := h.begin(r, now)
	s.log(hotline.Started{Channel: hotline.ChannelChat, From: o.Visitor, Elder: o.Profile.Elder})
	s.feed(ctx, dialog.Started{Channel: hotline.ChannelChat, From: o.Visitor, At: now, Elder: o.Profile.Elder})
	step := s.done()
	if err := h.cfg.Keeper.Begin(ctx, step); err != nil {
		return Record{}, nil, err
	}
	h.publish(nil, step.Events)
	s.wish()
	return step.Record, step.Events, nil
}

// Message is what a person types. Key, when there is one, names it in the conversation: the same
// message sent again is not taken twice.
type Message struct{ Text, Key string }

func (m Message) digest() string {
	sum := sha256.Sum256([]byte(m.Text))
	return hex.EncodeToString(sum[:16])
}

func (m Message) validate() error {
	const op = "take message"
	switch n := utf8.RuneCountInString(m.Text); {
	case n == 0:
		return hotline.Errorf(op, hotline.CodeInvalid, "消息是空的 the message is empty")
	case n > MaxText:
		return hotline.Errorf(op, hotline.CodeInvalid, "消息有 %d 个字，最多 %d 个，请分几次发送 the message is too long", n, MaxText)
	case len(m.Key) > MaxKey:
		return hotline.Errorf(op, hotline.CodeInvalid, "Idempotency-Key 最长 %d 字节 the key is too long", MaxKey)
	}
	return nil
}

// Post gives the dialog a message and returns every event that this caused.
func (h *Host) Post(ctx context.Context, id hotline.ConversationID, m Message) (events []hotline.Event, err error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	err = h.owned(ctx, id, func(ctx context.Context, r *room) error {
		if m.Key != "" {
			known, err := h.cfg.Keeper.Answer(ctx, id, m.Key)
			if err != nil {
				return err
			}
			if known != nil {
				events, err = h.again(ctx, id, m, known)
				return err
			}
		}
		if !r.record.Open() {
			return closed("take message")
		}
		events, err = h.answer(ctx, r, m)
		return err
	})
	return events, err
}

func closed(op string) error {
	return hotline.Errorf(op, hotline.CodeConflict, "会话已结束，请开始新的会话 the conversation is closed")
}

// again repeats the answer to a message.
func (h *Host) again(ctx context.Context, id hotline.ConversationID, m Message, a *Answer) ([]hotline.Event, error) {
	if a.Digest != m.digest() {
		return nil, hotline.Errorf("take message", hotline.CodeConflict, "该 Idempotency-Key 已用于另一条消息 the key belongs to another message")
	}
	return h.cfg.Keeper.Events(ctx, id, a.First-1, int(a.Last-a.First)+1)
}

func (h *Host) answer(ctx context.Context, r *room, m Message) ([]hotline.Event, error) {
	s := h.begin(r, h.now())
	s.record.Turn++
	words := Clean(m.Text)
	heard := hotline.Heard{Turn: s.record.Turn, Text: words, Confidence: 1}
	if words != m.Text {
		heard.Raw = m.Text
	}
	if words == "" {
		heard.Rejected = "no words"
		s.log(heard)
		s.log(hotline.Unheard{})
		s.feed(ctx, dialog.Unheard{})
	} else {
		s.log(heard)
		s.feed(ctx, dialog.Heard{Text: words, Confidence: 1, At: s.now})
	}
	if m.Key != "" {
		s.answer = &Answer{Key: m.Key, Digest: m.digest()}
	}
	return h.commit(ctx, r, s)
}

// Close ends a conversation; one that has ended stays as it is.
func (h *Host) Close(ctx context.Context, id hotline.ConversationID, by, reason string) error {
	return h.owned(ctx, id, func(ctx context.Context, r *room) error {
		if !r.record.Open() {
			return nil
		}
		return h.end(ctx, r, hotline.Ended{By: by, Reason: reason})
	})
}

func (h *Host) end(ctx context.Context, r *room, ended hotline.Ended) error {
	s := h.begin(r, h.now())
	s.end(ended)
	_, err := h.commit(ctx, r, s)
	return err
}

// Note puts an event into the log of an open conversation that the dialog is not told of.
func (h *Host) Note(ctx context.Context, id hotline.ConversationID, body hotline.EventBody) error {
	return h.owned(ctx, id, func(ctx context.Context, r *room) error {
		if !r.record.Open() {
			return closed("note")
		}
		s := h.begin(r, h.now())
		s.log(body)
		_, err := h.commit(ctx, r, s)
		return err
	})
}

// commit keeps a step, then tells of it, and the desk what it is to do.
func (h *Host) commit(ctx context.Context, r *room, s *step) ([]hotline.Event, error) {
	step := s.done()
	if err := h.cfg.Keeper.Commit(ctx, step); err != nil {
		if hotline.CodeOf(err) == hotline.CodeConflict {
			return nil, hotline.Errorf("commit step", hotline.CodeConflict, "%w: %w", errMoved, err)
		}
		return nil, err
	}
	r.record = step.Record
	h.publish(r, step.Events)
	s.wish()
	return step.Events, nil
}

// step is one under way: what it has done is in record and events and nowhere else.
type step struct {
	host   *Host
	engine dialog.Engine
	record Record
	now    time.Time
	events []hotline.Event
	answer *Answer // to the message that the step takes, nil when that has no key

	wishes  []handoff.Action // to the desk
	moved   bool             // something happened between the bot and people
	refused bool             // a command did not fit
}

func (h *Host) begin(r *room, now time.Time) *step {
	s := &step{host: h, engine: h.cfg.Engine(), record: r.record, now: now}
	s.record.Version++
	s.record.Last = now
	return s
}

func (s *step) done() Step {
	if s.answer != nil {
		s.answer.First, s.answer.Last = s.events[0].Seq, s.record.Seq
	}
	return Step{Record: s.record, Events: s.events, Answer: s.answer}
}

// wish tells the desk what a step that is kept wants of it.
func (s *step) wish() {
	if s.host.cfg.Desk == nil || !s.moved && !s.record.Handoff.Staffed() || s.record.Handoff.Request.Queue == "" {
		return
	}
	for _, w := range s.wishes {
		s.host.cfg.Desk.Do(s.record, w)
	}
	s.host.cfg.Desk.Show(s.record)
}

func (s *step) log(body hotline.EventBody) {
	s.record.Seq++
	s.events = append(s.events, hotline.Event{Conversation: s.record.ID, Seq: s.record.Seq, At: s.now, Body: body})
}

func (s *step) end(ended hotline.Ended) {
	s.handoff(handoff.CallerGone{})
	s.record.Closed = s.now
	s.record.State.Ended = true
	s.log(ended)
}

// feed gives the dialog an event, carries out what it asks for, and gives it what came of that.
func (s *step) feed(ctx context.Context, first dialog.Event) {
	queue := []dialog.Event{first}
	for rounds := 0; len(queue) > 0 && s.record.Open(); rounds++ {
		var actions []dialog.Action
		s.record.State, actions = s.engine.Step(s.record.State, queue[0])
		queue = queue[1:]
		for _, action := range actions {
			if !s.record.Open() {
				return // what comes after the end is not heard
			}
			next := s.carryOut(ctx, action)
			switch {
			case next == nil:
			case rounds == maxRound:
				s.log(hotline.Degraded{Stage: "errand", Reason: "too many errands"})
			default:
				queue = append(queue, next)
			}
		}
	}
}

// carryOut does what the dialog asks for and returns what it is to be told of it, nil for nothing.
func (s *step) carryOut(ctx context.Context, action dialog.Action) dialog.Event {
	switch a := action.(type) {
	case dialog.Note:
		s.log(a.Event(s.record.Turn))
	case dialog.Say:
		s.log(hotline.Said{Prompt: a.Prompt.ID, Text: a.Prompt.Text})
	case dialog.Listen: // the person has all the time there is
		s.offer(a.Choices)
	case dialog.Handover:
		return s.asked(a)
	case dialog.Withdraw:
		return s.handoff(handoff.Given(a))
	case dialog.Rate:
		s.log(hotline.Rated{Grade: a.Grade, How: a.How})
	case dialog.Hangup:
		s.end(hotline.Ended{By: "system", Reason: a.Reason})
	case dialog.LookUp:
		return s.errand(ctx, a.ID, a)
	case dialog.File:
		return s.errand(ctx, a.ID, a)
	}
	return nil
}

// offer puts short answers to tap on what was said last.
func (s *step) offer(choices []string) {
	for i := len(s.events) - 1; i >= 0 && len(choices) > 0; i-- {
		if said, ok := s.events[i].Body.(hotline.Said); ok {
			said.Choices = choices
			s.events[i].Body = said
			return
		}
	}
}

// errand has something done; the person waits for it.
func (s *step) errand(ctx context.Context, id string, a dialog.Action) dialog.Event {
	if s.host.cfg.Clerk == nil {
		s.log(hotline.Degraded{Stage: "errand", Reason: string(hotline.CodeUnavailable)})
		return dialog.Done{ID: id, Failed: "not done"}
	}
	done, body := s.host.cfg.Clerk.Do(ctx, s.record.ID, hotline.ChannelChat, a)
	s.log(body)
	return done
}
