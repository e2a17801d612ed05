package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/sip"
)

// benchQuestions are the clips whose answers do not depend on what went before.
var benchQuestions = []string{
	"q_sscard", "q_elder", "q_marry", "q_power", "q_water", "q_heat", "q_hall", "q_idcard", "q_rent", "q_heatcold", "q_baby", "q_permit",
}

// station is a measured gateway with a telephone that calls it and a tap on its wire.
type station struct {
	rig       *rig
	telephone *softphone
	tap       *wiretap
}

// withStation runs them.
func (b bench) withStation(kind gatewayKind, do func(*station) error) (err error) {
	r, err := b.start(b.env.Ctx, kind)
	if err != nil {
		return err
	}
	defer func() {
		if closed := r.close(); err == nil {
			err = closed
		}
	}()
	s := &station{rig: r, tap: newWiretap()}
	s.telephone, err = startSoftphone(b.env.Ctx, softphoneConfig{Codecs: onlyPCMA(), OnPacket: s.tap.packet, Log: b.env.Log})
	if err != nil {
		return err
	}
	defer func() { _ = s.telephone.close() }()
	return do(s)
}

// end hangs up and returns the events of the call once its log is closed.
func (s *station) end(ctx context.Context, leg *sip.Leg) ([]hotline.Event, error) {
	hanging, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := leg.Hangup(hanging, "done"); err != nil {
		return nil, err
	}
	callID := leg.Call().CallID
	for deadline := time.Now().Add(5 * time.Second); ; {
		events, err := s.rig.events(callID)
		if err == nil && len(events) > 0 {
			if _, ended := events[len(events)-1].Body.(hotline.Ended); ended {
				return events, nil
			}
		}
		if time.Now().After(deadline) {
			return events, hotline.Errorf("read the event log", hotline.CodeTimeout, "the log of call %s was not closed", callID)
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// between returns the events from one time to just before another.
func between(events []hotline.Event, from, to time.Time) (list []hotline.Event) {
	for _, e := range events {
		if !e.At.Before(from) && e.At.Before(to) {
			list = append(list, e)
		}
	}
	return list
}

// shorten leaves the first clauses of a pack's greeting and of the answers to the questions that are
// asked: what comes after them takes long to hear and tells nothing about how soon an answer begins. It
// returns all that is said.
func shorten(p *pack.Pack) ([]string, error) {
	said := []string{"您好，请讲。", "请讲。"}
	main := p.Set.Flows[p.Set.House.Start]
	for id, n := range main.Nodes {
		if n.Kind == flow.Ask {
			n.Say = flow.Prompt{Voice: said[1:2]}
			if id == main.Start {
				n.Say.Voice = said[:1]
			}
			main.Nodes[id] = n
		}
	}
	questions, err := loadClips(benchQuestions...)
	if err != nil {
		return nil, err
	}
	content := kb.Content{AsOf: p.Base.AsOf(), Categories: p.Base.Categories(), Departments: p.Base.Departments()}
	for e := range p.Base.All() {
		if slices.ContainsFunc(questions, func(c clip) bool { return c.expect == "answer."+e.ID }) {
			e.AnswerVoice = firstClause(e.AnswerVoice)
			said = append(said, e.AnswerVoice)
		}
		content.Entries = append(content.Entries, e)
	}
	base, problems := kb.NewBase(content)
	p.Base = base
	return said, problems.Err()
}

func firstClause(text string) string {
	if at := strings.IndexAny(text, "，。；？！"); at >= 0 {
		return text[:at] + "。"
	}
	return text
}
