package desk

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

// supervised has zhao, on a phone, listen to the call of li.
func supervised(t *testing.T) *stage {
	s := newStage(t, team(Queue{}))
	s.login("li", "zhao")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	s.told["c1"] = nil
	s.do(s.r.command("zhao", "c1", Command{Verb: Listen}, func(error) {}))
	s.heard("c1", "commanded listen by zhao 赵 on 1003")
	return s
}

func TestASupervisorWhosePhoneIsRungIsOfferedNothing(t *testing.T) {
	s := supervised(t)
	s.state("zhao", Busy)
	s.call(Request{Conversation: "c2", Queue: "q"})
	s.heard("c2", "waiting 1")
	if err := s.r.reserve("zhao", "out", ""); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("calls out meanwhile: %v", err)
	}
	s.do(s.r.command("zhao", "c1", Command{Verb: Barge}, func(error) {})) // while it rings, or on the line
	s.heard("c1", "commanded barge by zhao 赵 on 1003")
	s.do(s.r.command("zhao", "c2", Command{Verb: Listen}, func(error) {}))
	s.heard("c1", "commanded leave by zhao")
	s.heard("c2", "commanded listen by zhao 赵 on 1003")
	s.do(s.r.command("zhao", "c2", Command{Verb: Leave}, func(error) {}))
	s.heard("c2", "commanded leave by zhao", "offered zhao 1003")
}

func TestWhatEndsTheSupervisionByAPhone(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(s *stage)
		told []string
	}{
		"the phone is hung up": {func(s *stage) { s.do(s.r.release("c1", "zhao", Finished)) }, []string{"commanded leave by zhao"}},
		"the talk ends":        {func(s *stage) { s.do(s.r.close("c1")) }, nil},
		"they leave the roster": {func(s *stage) {
			without := team(Queue{})
			without.Agents = without.Agents[:2]
			s.do(s.r.reload(without))
		}, []string{"commanded leave by zhao"}},
		"they are no supervisor any more": {func(s *stage) {
			demoted := team(Queue{})
			demoted.Agents[2].Supervisor = false
			s.do(s.r.reload(demoted))
		}, []string{"commanded leave by zhao"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := supervised(t)
			c.end(s)
			if w := s.r.people["zhao"].watched; w != nil {
				t.Error("zhao is still held")
			}
			s.heard("c1", c.told...)
		})
	}
}

// The call is on the phone, whether it is registered meanwhile or has a console beside it.
func TestAPhoneThatListensNeedsNothingElse(t *testing.T) {
	s := supervised(t)
	s.do(s.r.setLine("zhao", Phone, false))
	s.r.disconnect(s.r.people["zhao"].stream)
	s.pass(time.Minute)
	s.heard("c1")
	s.do(s.r.command("zhao", "c1", Command{Verb: TakeOver}, func(error) {}))
	s.do(s.r.take("c1", "zhao"))
	s.do(s.r.release("c1", "li", Transferred))
	s.heard("c1", "commanded take_over by zhao 赵 on 1003")
	if s.r.talks["c1"].heldBy("zhao") == nil || s.r.people["zhao"].watched != nil {
		t.Error("zhao does not have the call")
	}
}

func TestAPhoneThatIsNotRegisteredIsNotRung(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "zhao")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	s.told["c1"] = nil
	s.do(s.r.setLine("zhao", Phone, false))
	for _, verb := range []Verb{Listen, Whisper, Barge, TakeOver} {
		if err := s.r.command("zhao", "c1", Command{Verb: verb}, func(error) {}); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("%s: %v", verb, err)
		}
	}
	s.heard("c1")
	s.do(s.r.setLine("zhao", Phone, true))
	s.state("zhao", Ready)
}

// A chat needs no sound.
func TestAPhoneIsNotRungForAChat(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("zhao")
	s.open("t1", hotline.ChannelChat)
	s.do(s.r.command("zhao", "t1", Command{Verb: TakeOver}, func(error) {}))
	s.heard("t1", "commanded take_over by zhao 赵")
}

func TestASupervisorWhosePhoneIsNotPickedUpIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := start(t, Config{Directory: staff(team(Queue{}))})
		defer stop()
		ctx := t.Context()
		must(t, d.Line(ctx, "zhao", Phone, true))
		must(t, d.SetState(ctx, "zhao", Ready, ""))
		var told []string
		var rings func(error)
		must(t, d.Open(ctx, Talk{Conversation: "c1", Channel: hotline.ChannelPhone}, func(n Notice) {
			c := n.(Commanded)
			told = append(told, say(c))
			if c.Reply != nil {
				rings = c.Reply
			}
		}))
		for name, c := range map[string]struct {
			end  func(cancel func())
			want hotline.Code
		}{
			"declined":                 {func(func()) { rings(hotline.Errorf("supervise", hotline.CodeConflict, "declined")) }, hotline.CodeConflict},
			"nobody waits any more":    {func(cancel func()) { cancel() }, hotline.CodeTimeout},
			"the conversation is mute": {func(func()) { time.Sleep(time.Hour) }, hotline.CodeTimeout},
		} {
			told = nil
			waits, cancel := context.WithTimeout(ctx, time.Minute)
			answer := make(chan error, 1)
			go func() { answer <- d.Command(waits, "zhao", "c1", Command{Verb: Listen}) }()
			synctest.Wait()
			if b, err := d.Board(ctx); err != nil || b.Agents[2].Listening != "c1" {
				t.Fatalf("%s: zhao is not kept while the phone rings: %+v, %v", name, b.Agents, err)
			}
			c.end(cancel)
			if err := <-answer; hotline.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			if b, err := d.Board(ctx); err != nil || b.Agents[2].State != Ready || b.Agents[2].Listening != "" {
				t.Errorf("%s: zhao is still held: %+v, %v", name, b.Agents[2], err)
			}
			if diff := cmp.Diff([]string{"commanded listen by zhao 赵 on 1003", "commanded leave by zhao"}, told); diff != "" {
				t.Error(name, diff)
			}
			cancel()
		}
	})
}
