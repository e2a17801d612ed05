package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/packs"
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
func (b bench) withStation(kind gatewayKind, pack string, do func(*station) error) (err error) {
	r, err := b.start(b.env.Ctx, kind, pack)
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

// writeBriefPack writes the built-in dialog with its first clauses only: what comes after them takes
// long to hear and tells nothing about how soon an answer begins.
func writeBriefPack(dir string) (string, error) {
	pack, err := dialog.ParsePack(bytes.NewReader(packs.FAQ))
	if err != nil {
		return "", err
	}
	pack.Prompts.Greeting, pack.Prompts.AnythingElse = "您好，请讲。", "请讲。"
	for i := range pack.Entries {
		e := &pack.Entries[i]
		e.Answer = firstClause(e.Answer)
	}
	content, err := yaml.Marshal(pack)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "brief.yaml")
	return path, os.WriteFile(path, content, 0o600)
}

func firstClause(text string) string {
	if at := strings.IndexAny(text, "，。；？！"); at >= 0 {
		return text[:at] + "。"
	}
	return text
}
