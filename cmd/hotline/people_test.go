package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// agentIsLost has the first agent vanish in the middle of a talk.
func agentIsLost(t *testing.T, r *rig) {
	first, err := startAgent(t.Context(), r, "sun", demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	telephone, err := startSoftphone(t.Context(), softphoneConfig{Codecs: onlyPCMA(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = telephone.close() }()
	leg, err := telephone.dial(t.Context(), r.uri("12345"))
	if err != nil {
		t.Fatal(err)
	}
	hears := newToneEar(agentTone)
	if err := leg.Join(hears.sink(leg.Format()), &toneMouth{format: leg.Format()}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pause(ctx, time.Second)
	if err := leg.SendKeys(0, dtmf.Key('0')); err != nil {
		t.Fatal(err)
	}
	accept := func(a *deskAgent) {
		t.Helper()
		select {
		case offer := <-a.offers:
			hears.wait()
			if err := a.command(ctx, http.MethodPost, "/desk/offers/"+offer.id+"/accept", struct{}{}); err != nil {
				t.Fatal(err)
			}
			if _, err := hears.heard(ctx); err != nil {
				t.Fatal(err)
			}
		case <-ctx.Done():
			t.Fatal("nobody is rung")
		}
	}
	accept(first)
	next, err := startAgent(ctx, r, "zhou", demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.close() }()
	gone := time.Now()
	_ = first.close()
	select {
	case offer := <-next.offers:
		if took := offer.at.Sub(gone); took > 5*time.Second {
			t.Errorf("the next agent is rung after %v, want 5 s", took)
		}
		next.offers <- offer
	case <-ctx.Done():
		t.Fatal("the caller is lost with the agent")
	}
	accept(next)
	if err := leg.Hangup(ctx, "done"); err != nil {
		t.Fatal(err)
	}
	events, err := r.events(leg.Call().CallID)
	if err != nil {
		t.Fatal(err)
	}
	told := slices.ContainsFunc(events, func(e hotline.Event) bool {
		s, ok := e.Body.(hotline.Said)
		return ok && s.Prompt == "lost"
	})
	if !told {
		t.Error("the caller was not told that the line broke")
	}
}
