package db

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/internal/testkit/reexec"
)

// childFolder names the data folder to a process that is started to be killed.
const childFolder = "HOTLINE_TEST_CHILD"

func office() desk.Roster {
	return desk.Roster{Queues: []desk.Queue{{ID: "general"}, {ID: "law"}}, Agents: []desk.Agent{
		{ID: "li", Device: desk.Browser, Queues: []string{"general"}}, {ID: "wang", Device: desk.Browser, Queues: []string{"law"}},
	}}
}

// worked runs a desk on a ledger while do does something with it.
func worked(ctx context.Context, l Ledger, do func(context.Context, *desk.Desk) error) error {
	d, err := desk.New(desk.Config{Ledger: l, Directory: func(context.Context) (desk.Roster, error) { return office(), nil }})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	err = do(ctx, d)
	cancel()
	if broke := <-ended; err == nil {
		err = broke
	}
	return err
}

// workChild has one caller with an agent, who rings a colleague, and one who waits. It says so once all is kept,
// and then waits to be killed.
func workChild(dir string) error {
	ctx := context.Background()
	store, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		return err
	}
	return worked(ctx, Ledger{store}, func(ctx context.Context, d *desk.Desk) error {
		offers := make(chan desk.Offered, 8)
		call := func(id hotline.ConversationID, caller string) error {
			err := d.Open(ctx, desk.Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: caller}, func(n desk.Notice) {
				if o, ok := n.(desk.Offered); ok {
					offers <- o
				}
			})
			if err == nil {
				err = d.Enqueue(ctx, desk.Request{Conversation: id, Queue: "general"})
			}
			return err
		}
		for _, agent := range []string{"li", "wang"} {
			if _, err := d.Connect(ctx, agent); err != nil {
				return err
			}
			if err := d.Line(ctx, agent, desk.Browser, true); err != nil {
				return err
			}
			if err := d.SetState(ctx, agent, desk.Ready, ""); err != nil {
				return err
			}
		}
		if err := call("talks", "13800000001"); err != nil {
			return err
		}
		if err := d.Accept(ctx, "li", (<-offers).Offer); err != nil {
			return err
		}
		if err := d.Transfer(ctx, "talks", "li", desk.Target{Agent: "wang"}); err != nil {
			return err
		}
		<-offers // wang is rung
		if err := call("waits", "13800000002"); err != nil {
			return err
		}
		// What is promised is kept, and everything before it.
		if _, err := d.Promise(ctx, desk.Callback{Kind: desk.CallbackMessage, Queue: "law", Number: "13800000003"}); err != nil {
			return err
		}
		fmt.Println("ready")
		select {}
	})
}

// Who waited when the process was killed is called back, once; who was with an agent has had one.
func TestWhoWaitedWhenTheProcessWasKilledIsCalledBack(t *testing.T) {
	dir := t.TempDir()
	process, line, err := reexec.Start(t, childFolder, dir)
	if err != nil || line != "ready" {
		t.Fatalf("the desk: %s %v", line, err)
	}
	process.Kill()

	type left struct {
		Kind   desk.CallbackKind
		Number string
		Calls  int
	}
	want := []left{{desk.CallbackMessage, "13800000003", 1}, {desk.CallbackAbandoned, "13800000002", 1}}
	l := Ledger{opened(t, Config{Dir: dir})}
	for _, start := range []string{"first", "second"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		var got []left
		err := worked(ctx, l, func(ctx context.Context, d *desk.Desk) error {
			open, err := d.Callbacks(ctx)
			for _, c := range open {
				got = append(got, left{c.Kind, c.Number, c.Calls})
			}
			return err
		})
		cancel()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("the %s start after: %v (-want +got):\n%s", start, err, diff)
		}
	}
}
