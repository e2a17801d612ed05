package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store"
)

// toldToEnd has the gateway be told to end while a citizen calls by WebRTC, who does not hang up: they are let go on for
// as long as the configuration says, nobody else may call, and their end is written down.
func toldToEnd(t *testing.T, c *centre) {
	f := &floor{storm: newStorm(t, c, 0), t: t}
	guest := restClient{address: c.r.HTTP, http: http.DefaultClient}
	var g grant
	if _, err := guest.post(t.Context(), "/calls", "", nil, &g); err != nil {
		t.Fatal(err)
	}
	citizen := newHeadset(func([]int16) {})
	if err := citizen.connect(t.Context(), c.r, g); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = citizen.close() })
	id := f.await("the citizen's call", func(board stormBoard) bool { return len(board.Talks) == 1 }).Talks[0].Conversation

	told := time.Now()
	if err := c.r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for draining := false; !draining; {
		ready, err := c.r.readiness(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		draining = ready.Draining
	}
	if _, err := guest.post(t.Context(), "/calls", "", nil, nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("somebody else may call: %v", err)
	}
	select {
	case <-c.r.exited:
	case <-time.After(time.Minute):
		t.Fatal("the gateway does not end")
	}
	if took := time.Since(told); took < 4500*time.Millisecond || c.r.err != nil {
		t.Errorf("the gateway ended after %v with %v, want to let the call go on for drain_timeout", took, c.r.err)
	}
	log, err := store.Open(store.Config{Dir: c.r.dir})
	if err != nil {
		t.Fatal(err)
	}
	events, err := log.Read(hotline.ConversationID(id))
	if err != nil || len(events) == 0 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if last, ok := events[len(events)-1].Body.(hotline.Ended); !ok || last.By != "system" {
		t.Errorf("the log ends with %+v", events[len(events)-1].Body)
	}
}
