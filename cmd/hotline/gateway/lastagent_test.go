package gateway

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/records"
)

// reception is a gateway with storage and a desk, at which li has been idle for longer than wang.
func reception(t *testing.T) *Gateway {
	t.Helper()
	g := &Gateway{cfg: config.Default(), clock: media.SystemClock{}, log: slog.New(slog.DiscardHandler)}
	g.cfg.Data = t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	g.store, err = OpenStorage(t.Context(), g.cfg)
	must(err)
	t.Cleanup(func() { _ = g.store.Close() })
	shipped, err := city()
	must(err)
	g.content, err = newContent(t.Context(), "", *shipped, g.store, g.log, g.callable)
	must(err)
	agent := func(id string) desk.Agent {
		return desk.Agent{ID: id, Device: desk.Browser, Queues: []string{"q"}, Chats: 2}
	}
	g.people.desk, err = desk.New(desk.Config{Directory: func(context.Context) (desk.Roster, error) {
		return desk.Roster{Queues: []desk.Queue{{ID: "q", Name: "q", Sticky: 30}}, Agents: []desk.Agent{agent("li"), agent("wang")}}, nil
	}})
	must(err)
	worked := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() { worked <- g.people.desk.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-worked; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for _, id := range []string{"li", "wang"} {
		_, err = g.people.desk.Connect(t.Context(), id)
		must(err)
		must(g.people.desk.Line(t.Context(), id, desk.Browser, true))
		must(g.people.desk.SetState(t.Context(), id, desk.Ready, ""))
	}
	return g
}

// talked keeps a conversation that a caller had some time ago.
func (g *Gateway) talked(t *testing.T, ago time.Duration, r records.Record) {
	t.Helper()
	r.Started = time.Now().Add(-ago)
	r.Conversation = hotline.NewConversationID(r.Started)
	if err := g.store.PutRecords(t.Context(), []records.Record{r}); err != nil {
		t.Fatal(err)
	}
}

// offered has somebody ask for a person and returns the agent who is asked.
func (g *Gateway) offered(t *testing.T, channel hotline.Channel, caller, reason string, state dialog.State) string {
	t.Helper()
	talk := desk.Talk{Conversation: hotline.NewConversationID(time.Now()), Channel: channel, Caller: caller}
	seat := g.newSeat(talk, g.log)
	seat.understood = func(dialog.State) desk.Brief { return desk.Brief{} }
	seat.reach = func(dialog.State) string { return "" }
	seat.brief = func(_ context.Context, s dialog.State) desk.Brief { return seat.understood(s) }
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() { seat.run(ctx, nil); close(left) }()
	defer func() { leave(); <-left }()
	seat.Do(handoff.Enqueue{Request: desk.Request{Conversation: talk.Conversation, Queue: "q", Reason: reason}}, state)
	late := time.After(10 * time.Second)
	for {
		select {
		case n := <-seat.Notices():
			if o, ok := n.(desk.Offered); ok {
				return o.Agent.ID
			}
		case <-late:
			t.Fatal("nobody is asked")
		}
	}
}

func TestWhoComesAgainIsOfferedToTheAgentOfTheLastTalk(t *testing.T) {
	g := reception(t)
	const day = 24 * time.Hour
	byWang := records.Record{Agents: []string{"wang"}}
	for _, c := range []struct {
		name, caller, reason string
		channel              hotline.Channel
		before               []records.Record // a day between them, the last one yesterday
		want                 string
	}{
		{"a number", "13800000001", "user_request", hotline.ChannelPhone, []records.Record{byWang}, "wang"},
		{"a number abroad", "+85221234567", "user_request", hotline.ChannelPhone, []records.Record{byWang}, "wang"},
		{"a visitor with a name, in a chat", "key:k1:lisi", "user_request", hotline.ChannelChat, []records.Record{byWang}, "wang"},
		{"the bot was the last, not the last agent", "13800000002", "user_request", hotline.ChannelPhone, []records.Record{byWang, {}}, "wang"},
		{"the second agent of the talk", "13800000003", "user_request", hotline.ChannelPhone, []records.Record{{Agents: []string{"li", "wang"}}}, "wang"},
		{"an agent who is not there any more", "13800000004", "user_request", hotline.ChannelPhone, []records.Record{{Agents: []string{"gone"}}}, "li"},
		{"never before", "13800000005", "user_request", hotline.ChannelPhone, nil, "li"},
		{"a bad grade", "13800000006", "user_request", hotline.ChannelPhone, []records.Record{{Agents: []string{"wang"}, Rating: 2}}, "li"},
		{"too long ago", "13800000007", "user_request", hotline.ChannelPhone, append([]records.Record{byWang}, make([]records.Record, 7)...), "li"},
		{"given away by an agent", "13800000008", handoff.TransferReason, hotline.ChannelPhone, []records.Record{byWang}, "li"},
		{"a number withheld by name", "anonymous", "user_request", hotline.ChannelPhone, []records.Record{byWang}, "li"},
		{"a number withheld by noughts", "0000", "user_request", hotline.ChannelPhone, []records.Record{byWang}, "li"},
		{"no number", "", "user_request", hotline.ChannelPhone, []records.Record{byWang}, "li"},
		{"an address", "address:192.0.2.1", "user_request", hotline.ChannelChat, []records.Record{byWang}, "li"},
		{"a visitor without a name", "key:k1:", "user_request", hotline.ChannelChat, []records.Record{byWang}, "li"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, r := range c.before {
				r.Caller, r.Channel = c.caller, c.channel
				g.talked(t, time.Duration(len(c.before)-i)*day-time.Hour, r)
			}
			if got := g.offered(t, c.channel, c.caller, c.reason, dialog.State{}); got != c.want {
				t.Errorf("%s is asked, want %s", got, c.want)
			}
		})
	}
}

func TestTheLastAgentIsNotAskedInDangerNorWhenSwitchedOff(t *testing.T) {
	g := reception(t)
	g.talked(t, time.Hour, records.Record{Caller: "13800000001", Channel: hotline.ChannelPhone, Agents: []string{"wang"}})
	if got := g.offered(t, hotline.ChannelPhone, "13800000001", "emergency", dialog.State{Safety: "fire"}); got != "li" {
		t.Errorf("%s is asked by somebody in danger", got)
	}
	g.cfg.Desk.LastAgent = 0
	if got := g.offered(t, hotline.ChannelPhone, "13800000001", "user_request", dialog.State{}); got != "li" {
		t.Errorf("%s is asked although desk.last_agent is 0", got)
	}
}

func TestNobodyIsLostWithTheStorage(t *testing.T) {
	g := reception(t)
	if err := g.store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := g.offered(t, hotline.ChannelPhone, "13800000001", "user_request", dialog.State{}); got != "li" {
		t.Errorf("%s is asked", got)
	}
}

func TestASearchThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		began := time.Now()
		_, err := within(t.Context(), lastWithin, func(context.Context) (int, error) { <-hang; return 1, nil })
		if took := time.Since(began); took != lastWithin || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up after %v with %v, want %v", took, err, lastWithin)
		}
		close(hang)
	})
}
