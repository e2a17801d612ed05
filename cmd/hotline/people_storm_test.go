package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
)

// stormFor is how long everybody does as they like.
const stormFor = 30 * time.Second

// Who takes part.
const (
	stormCallers  = 8
	stormVisitors = 1
)

// storm is people who do at random what they may, and what they should not: hang up at any moment, do not answer,
// give calls to one another, vanish.
type storm struct {
	*centre
	t       *testing.T
	seed    uint64
	clients atomic.Uint64 // whose choices come from the seed and their number

	mu     sync.Mutex
	ids    []string             // of the agents
	calls  map[string]time.Time // when the caller hung up, by SIP Call-ID; zero when hung up on
	chats  []textTalk
	phases map[string]int // in which a supervisor came
}

// whateverTheyDo has the caller hang up in every phase, then everybody do as they like, and looks at all that is left of
// it, and of what was before; calm is how many goroutines that is. It prints its seed; HOTLINE_SEED=n has everybody
// choose the same again, although the times are not the same.
func whateverTheyDo(t *testing.T, c *centre, calm int) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("HOTLINE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("HOTLINE_SEED=%d", seed)
	s := newStorm(t, c, seed)
	c.rings(t, 5) // so that there is time for more
	t.Run("the caller hangs up", func(t *testing.T) { hangUps(t, s) })
	t.Run("everybody does as they like", s.rage)
	s.settles(calm)
	t.Run("the gateway is told to end", func(t *testing.T) { toldToEnd(t, c) })
	if err := s.r.close(); err != nil {
		t.Errorf("the gateway ended with %v\n%s", err, s.r.log.String())
	}
	s.audit()
}

// rage has everybody do as they like for a while.
func (s *storm) rage(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), stormFor)
	defer cancel()
	var all errgroup.Group
	everybody := func(does func() error) { // whose errors count while there is time
		all.Go(func() error {
			if err := does(); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	for range stormCallers {
		everybody(func() error { return s.caller(ctx, s.choices()) })
	}
	for range stormVisitors {
		everybody(func() error { return s.visitor(ctx, s.choices()) })
	}
	for _, login := range []string{"wang", "zhao", "qian", "li", "zhou"} {
		everybody(func() error { return s.agent(ctx, s.choices(), login) })
	}
	everybody(func() error { return s.phone(ctx, s.choices(), "sun") })
	everybody(func() error { return s.supervisor(ctx, s.choices(), "chief") })
	if err := all.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, s.r.log.String())
	}
	s.closeChats()
}

func newStorm(t *testing.T, c *centre, seed uint64) *storm {
	return &storm{centre: c, t: t, seed: seed, phases: map[string]int{}, calls: map[string]time.Time{}}
}

// caller calls again and again, mostly asks for a person, and hangs up when it likes.
func (s *storm) caller(ctx context.Context, chance *chance) error {
	for ctx.Err() == nil {
		if err := s.call(ctx, chance); err != nil {
			return fmt.Errorf("a caller: %w", err)
		}
	}
	return nil
}

func (s *storm) call(ctx context.Context, chance *chance) error {
	lasting := context.WithoutCancel(ctx)
	dialling, cancel := context.WithTimeout(lasting, 10*time.Second)
	defer cancel()
	leg, err := s.telephone.dial(dialling, s.r.uri("12345"))
	if err != nil {
		return err
	}
	s.hungUp(leg, time.Time{})
	if err := leg.Join(newToneEar(agentTone).sink(leg.Format()), callerVoice(leg.Format())); err != nil {
		return err
	}
	chance.pause(ctx, 1500)
	if chance.of(90) {
		_ = leg.SendKeys(0, dtmf.Key('0')) // it may have been hung up on
	}
	select {
	case <-leg.Done():
		return nil
	case <-time.After(time.Duration(500+chance.upTo(14000)) * time.Millisecond):
	case <-ctx.Done():
	}
	if chance.of(30) {
		_ = leg.SendKeys(0, dtmf.Key('1'+byte(chance.upTo(5))))
		chance.pause(ctx, 1000)
	}
	s.hungUp(leg, time.Now())
	return leg.Hangup(lasting, "done")
}

func (s *storm) hungUp(leg *sip.Leg, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[leg.Call().CallID] = at
}

// agent works in a browser, which vanishes now and then.
func (s *storm) agent(ctx context.Context, chance *chance, login string) error {
	for ctx.Err() == nil {
		a, err := s.signIn(ctx, login)
		if err == nil {
			err = s.shift(ctx, chance, a)
			_ = a.close()
		}
		if err != nil && !errors.Is(err, errVanished) {
			return fmt.Errorf("agent %s: %w", login, err)
		}
		chance.pause(ctx, 5000)
	}
	return nil
}

// signIn connects the console and the headset of somebody, who may still be in a conversation.
func (s *storm) signIn(ctx context.Context, login string) (*deskAgent, error) {
	a, err := signIn(ctx, s.r, login, demoPassword)
	if err != nil {
		return nil, err
	}
	if err := a.connect(ctx, s.r); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (s *storm) shift(ctx context.Context, chance *chance, a *deskAgent) error {
	if err := s.meet(ctx, a); err != nil {
		return err
	}
	over := time.After(time.Duration(6000+chance.upTo(20000)) * time.Millisecond)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case offer := <-a.offers:
			chance.pause(ctx, 1500)
			what := "decline"
			switch n := chance.upTo(100); {
			case n < 80:
				what = "accept"
			case n < 90:
				continue // does not hear it
			}
			if err := s.try(ctx, a, http.MethodPost, "/desk/offers/"+offer.id+"/"+what, struct{}{}); errors.Is(err, errNotMine) {
				continue
			} else if err != nil {
				return err
			}
			if what == "accept" {
				if err := s.talk(ctx, chance, a, offer.conversation); err != nil && !errors.Is(err, errNotMine) {
					return err
				}
			}
		case <-time.After(500 * time.Millisecond):
			if err := s.try(ctx, a, http.MethodPut, "/desk/me/state", map[string]string{"state": "ready"}); err != nil {
				return err
			}
		}
	}
}

// errNotMine is that somebody does not have the conversation, or no longer.
var errNotMine = errors.New("the conversation is another's, or over")

// errVanished is an agent whose browser died in the middle of a talk.
var errVanished = errors.New("vanished")

// talk is what an agent does with a conversation.
func (s *storm) talk(ctx context.Context, chance *chance, a *deskAgent, id string) error {
	command := func(verb string) error {
		body := map[string]any{"verb": verb, "text": "您好", "keys": "1"}
		if verb == "consult" || verb == "transfer" {
			body["target"] = s.target(chance)
		}
		return s.try(ctx, a, http.MethodPost, "/desk/talks/"+id+"/command", body)
	}
	for range 2 + chance.upTo(5) {
		chance.pause(ctx, 800)
		verbs := []string{"hold", "resume", "mute", "unmute", "consult", "consult", "consult", "transfer", "complete", "merge", "drop", "return", "finish", "press", "say"}
		verb := verbs[chance.upTo(len(verbs))]
		if err := command(verb); err != nil {
			return err
		}
		if verb == "consult" { // the colleague needs time to answer
			chance.pause(ctx, 4000)
			if err := command([]string{"merge", "complete", "drop"}[chance.upTo(3)]); err != nil {
				return err
			}
		}
		if chance.of(10) {
			return errVanished
		}
	}
	if chance.of(50) {
		return command("finish")
	}
	return nil
}

// target is a colleague, a phone, the queue, or a number that may not be called.
func (s *storm) target(chance *chance) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch n := chance.upTo(10); {
	case n < 6 && len(s.ids) > 0:
		return map[string]string{"agent": s.ids[chance.upTo(len(s.ids))]}
	case n < 7:
		return map[string]string{"number": "05550000"}
	}
	return map[string]string{"queue": "general"}
}

// try does something that may be refused, but must not fail.
func (s *storm) try(ctx context.Context, a *deskAgent, method, path string, body any) error {
	status, err := a.rest.do(ctx, method, path, "", body, nil)
	switch {
	case ctx.Err() != nil:
		return nil
	case status == http.StatusForbidden || status == http.StatusNotFound:
		return errNotMine
	case status >= 400 && status < 500:
		return nil
	}
	return err
}

// meet makes an agent known to the others.
func (s *storm) meet(ctx context.Context, a *deskAgent) error {
	id, err := a.rest.agentID(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, id)
	return nil
}

// phone is an agent on a SIP phone who answers, or does not, and presses a key, or does not.
func (s *storm) phone(ctx context.Context, chance *chance, login string) error {
	telephone, err := startSoftphone(ctx, softphoneConfig{
		Codecs: onlyPCMA(), Log: slog.New(slog.DiscardHandler), Server: "sip:" + s.r.UDP, User: stormPhone, Password: demoPassword,
		Answer: func(ctx context.Context, in *sip.Invitation) { s.pickUp(ctx, chance, in) },
	})
	if err != nil {
		return err
	}
	defer func() { _ = telephone.close() }()
	a, err := signIn(ctx, s.r, login, demoPassword)
	if err != nil {
		return err
	}
	defer func() { _ = a.close() }()
	if err := a.command(ctx, http.MethodPut, "/desk/me/device", map[string]string{"device": "phone", "extension": stormPhone}); err != nil {
		return err
	}
	if err := s.meet(ctx, a); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := s.try(ctx, a, http.MethodPut, "/desk/me/state", map[string]string{"state": "ready"}); err != nil {
			return err
		}
		pause(ctx, 500*time.Millisecond)
	}
	return nil
}

func (s *storm) pickUp(ctx context.Context, chance *chance, in *sip.Invitation) {
	_ = in.Ring()
	chance.pause(ctx, 1500)
	switch n := chance.upTo(100); {
	case n < 15:
		_ = in.Reject(hotline.CodeForbidden)
		return
	case n < 25:
		<-ctx.Done()
		return
	}
	leg, err := in.Answer(ctx)
	if err != nil {
		return // the caller has given up
	}
	_ = leg.Join(newToneEar(callerTone).sink(leg.Format()), callerVoice(leg.Format()))
	chance.pause(ctx, 2000)
	switch n := chance.upTo(100); {
	case n < 70:
		_ = leg.SendKeys(0, dtmf.Key('1'))
	case n < 90:
		_ = leg.SendKeys(0, dtmf.Key('2'))
	}
	select {
	case <-leg.Done():
	case <-time.After(time.Duration(chance.upTo(8000)) * time.Millisecond):
		_ = leg.Hangup(context.WithoutCancel(ctx), "done")
	}
}

// supervisor looks at the board and takes part in what is there.
func (s *storm) supervisor(ctx context.Context, chance *chance, login string) error {
	a, err := s.signIn(ctx, login)
	if err != nil {
		return fmt.Errorf("supervisor: %w", err)
	}
	defer func() { _ = a.close() }()
	for ctx.Err() == nil {
		chance.pause(ctx, 1000)
		var board struct {
			Talks []struct{ Conversation, Phase string }
		}
		if _, err := a.rest.do(ctx, http.MethodGet, "/desk/board", "", nil, &board); err != nil {
			return err
		}
		if len(board.Talks) == 0 {
			continue
		}
		talk := board.Talks[chance.upTo(len(board.Talks))]
		s.mu.Lock()
		s.phases[talk.Phase]++
		s.mu.Unlock()
		verbs := []string{"listen", "whisper", "barge", "leave", "take_over"}
		verb := verbs[chance.upTo(len(verbs))]
		if err := s.try(ctx, a, http.MethodPost, "/desk/talks/"+talk.Conversation+"/supervise", map[string]string{"verb": verb}); err != nil && !errors.Is(err, errNotMine) {
			return err
		}
		if verb != "take_over" {
			continue
		}
		chance.pause(ctx, 1500)
		if err := s.try(ctx, a, http.MethodPost, "/desk/talks/"+talk.Conversation+"/command", map[string]string{"verb": "finish"}); err != nil && !errors.Is(err, errNotMine) {
			return err
		}
	}
	return nil
}

// visitor asks for a person in writing.
func (s *storm) visitor(ctx context.Context, chance *chance) error {
	for ctx.Err() == nil {
		client := restClient{address: s.r.HTTP, http: http.DefaultClient}
		var begun struct{ ID, Token string }
		if _, err := client.post(ctx, "/conversations", "", map[string]string{"channel": "text"}, &begun); err != nil {
			return err
		}
		client.token = begun.Token
		s.mu.Lock()
		s.chats = append(s.chats, textTalk{client: client, id: begun.ID})
		s.mu.Unlock()
		for _, text := range []string{"我要转人工", "有人吗", "路灯不亮", "谢谢"}[:1+chance.upTo(4)] {
			if _, err := client.post(ctx, "/conversations/"+begun.ID+"/messages", "", map[string]string{"text": text}, nil); err != nil {
				return err
			}
			chance.pause(ctx, 3000)
		}
		if chance.of(50) {
			if _, err := client.post(ctx, "/conversations/"+begun.ID+"/close", "", struct{}{}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
